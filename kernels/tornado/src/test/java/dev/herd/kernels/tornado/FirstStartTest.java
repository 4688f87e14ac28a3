package dev.herd.kernels.tornado;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.herd.kernels.device.Device;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Test;

/** TornadoVM starts once, or fails once. */
final class FirstStartTest {
    private final FirstStart start = new FirstStart();
    private int starts;

    @Test
    void everybodyGetsTheOneDevice() {
        Callable<Device> able = () -> {
            starts++;
            return TornadoDevices.emulated(Capabilities.NONE, line -> {});
        };

        Device first = start.device(able);

        assertThat(start.device(able)).isSameAs(first);
        assertThat(starts).isEqualTo(1);
    }

    @Test
    void aFailureIsToldToEverybodyAndNothingIsTriedAgain() {
        Callable<Device> unable = () -> {
            starts++;
            throw new ExceptionInInitializerError(
                    new IllegalStateException("no backend", new IllegalArgumentException("no driver " + starts)));
        };

        for (int times = 0; times < 3; times++) {
            assertThatThrownBy(() -> start.device(unable))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessage("TornadoVM does not start: no driver 1");
        }
        assertThat(starts).isEqualTo(1);
    }
}
