package dev.herd.golden;

import dev.herd.kernels.device.Device;
import dev.herd.kernels.device.DeviceProvider;
import dev.herd.kernels.tornado.Capabilities;
import dev.herd.kernels.tornado.TornadoDevices;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Consumer;

/** The emulator of TornadoVM's API as a device, for those who ask for it by name. */
public final class EmulatorProvider implements DeviceProvider {
    @Override
    public String name() {
        return "emulator";
    }

    @Override
    public boolean isAutomatic() {
        return false;
    }

    @Override
    public Optional<String> refusal() {
        return Optional.empty();
    }

    @Override
    public Device open(Optional<Path> kernelCache, Consumer<String> log) {
        return TornadoDevices.emulated(Capabilities.NONE, log);
    }
}
