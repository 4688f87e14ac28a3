package dev.herd.kernels.tornado;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class CapabilitiesTest {
    @Test
    void computeCapabilityDecidesWhatADeviceCan() {
        assertThat(Capabilities.ofCuda(6, 0)).isEqualTo(Capabilities.NONE);
        assertThat(Capabilities.ofCuda(6, 1)).isEqualTo(new Capabilities(true, false));
        assertThat(Capabilities.ofCuda(7, 5)).isEqualTo(new Capabilities(true, false));
        assertThat(Capabilities.ofCuda(8, 0)).isEqualTo(Capabilities.ALL);
        assertThat(Capabilities.ofCuda(12, 1)).isEqualTo(Capabilities.ALL);
    }

    @Test
    void theDescriptionOfADeviceNamesItsComputeCapability() {
        String description = """
                Device vendor    : NVIDIA Corporation
                Device version   : CUDA 7.5
                Driver version   : 13.0
                """;

        assertThat(Capabilities.ofCuda(description)).isEqualTo(new Capabilities(true, false));
        assertThat(Capabilities.ofCuda("Device version   : unknown\nDriver version   : 13.0"))
                .isEqualTo(Capabilities.NONE);
    }
}
