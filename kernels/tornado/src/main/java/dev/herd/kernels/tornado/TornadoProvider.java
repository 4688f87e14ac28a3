package dev.herd.kernels.tornado;

import dev.herd.kernels.device.Device;
import dev.herd.kernels.device.DeviceProvider;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Consumer;

/** The device that TornadoVM drives, if this JVM was started with TornadoVM. */
public final class TornadoProvider implements DeviceProvider {
    /** TornadoVM has one runtime in a JVM, and its devices are that one's. */
    private static final FirstStart START = new FirstStart();

    @Override
    public String name() {
        return "tornado";
    }

    /** Asks the JVM only: where there is no TornadoVM, none of its classes may be touched. */
    @Override
    public Optional<String> refusal() {
        if (ModuleLayer.boot().findModule("tornado.runtime").isPresent()
                && System.getProperty("tornado.load.runtime.implementation") != null) {
            return Optional.empty();
        }
        return Optional.of(
                System.getenv("TORNADOVM_HOME") == null
                        ? "TORNADOVM_HOME names no TornadoVM SDK"
                        : "this JVM was started without the options of the TornadoVM SDK; start it with ./herd");
    }

    /**
     * The one device of the JVM, for all models that are to be on it: they share its memory and take turns. A runtime that failed
     * to start is not started again, and every model is told why.
     */
    @Override
    public Device open(Optional<Path> kernelCache, Consumer<String> log) {
        return START.device(() -> TornadoDevices.open(kernelCache, log));
    }
}
