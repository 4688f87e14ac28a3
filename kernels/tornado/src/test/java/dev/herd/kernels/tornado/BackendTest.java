package dev.herd.kernels.tornado;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import uk.ac.manchester.tornado.api.KernelContext;

/** The tests of kernels say which backend they are for; none other may answer. */
final class BackendTest {
    @Test
    void theBackendIsTheOneThatWasAskedFor() {
        boolean isEmulator = Device.BACKEND.equals("emulator");

        assertThat(Device.DEVICE.facts().backend())
                .isEqualTo(isEmulator ? "emulator" : System.getProperty("herd.test.device", "OPENCL"));
        assertThat(KernelContext.class.getModule().isNamed())
                .as("TornadoVM's own API")
                .isNotEqualTo(isEmulator);
    }
}
