package dev.herd.it;

import dev.herd.kernels.device.Device;
import dev.herd.kernels.device.DeviceProvider;
import dev.herd.runtime.ScriptedDevice;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Consumer;

/** A device that is lost in the middle of an answer, for those who ask for it by name. */
public final class LosableProvider implements DeviceProvider {
    static final String NAME = "losable";

    private static final int STEPS = 300;
    private static final int LETTER = 65;

    @Override
    public String name() {
        return NAME;
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
        return new ScriptedDevice(1L << 32, 1, STEPS, LETTER);
    }
}
