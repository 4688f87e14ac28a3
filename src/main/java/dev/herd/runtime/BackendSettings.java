package dev.herd.runtime;

import dev.herd.kernels.device.DeviceSelector;
import java.nio.file.Path;
import java.util.Optional;

/**
 * What computes.
 *
 * @param name {@code auto}, {@code cpu}, or the name of a device's backend, which then must work
 * @param kernelCache directory in which a device's compiled kernels are kept from one start to the next
 */
public record BackendSettings(String name, Optional<Path> kernelCache) {
    /** A device if there is one that holds the model, else the processor. */
    public static final BackendSettings AUTO = new BackendSettings(DeviceSelector.AUTO, Optional.empty());

    /** The processor. */
    public static final BackendSettings CPU = new BackendSettings(DeviceSelector.CPU, Optional.empty());

    /** What computes another model beside one that this computes: the same device if it has room for both, else the processor. */
    BackendSettings besideIt() {
        return name.equals(DeviceSelector.CPU) ? this : new BackendSettings(DeviceSelector.AUTO, kernelCache);
    }
}
