package dev.herd.kernels.tornado;

import dev.herd.kernels.device.Device;
import dev.herd.kernels.device.DeviceProvider;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The device that TornadoVM drives, if this JVM was started with TornadoVM. */
public final class TornadoProvider implements DeviceProvider {
    /** TornadoVM has one runtime in a JVM, and its devices are that one's. */
    private static @Nullable Device opened;

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
     * to start cannot be started again.
     */
    @Override
    public Device open(Optional<Path> kernelCache, Consumer<String> log) {
        synchronized (TornadoProvider.class) {
            if (opened == null) {
                opened = opened(kernelCache, log);
            }
            return opened;
        }
    }

    private static Device opened(Optional<Path> kernelCache, Consumer<String> log) {
        try {
            return TornadoDevices.open(kernelCache, log);
        } catch (Throwable failure) {
            throw new IllegalStateException("TornadoVM does not start: " + rootMessage(failure), failure);
        }
    }

    private static String rootMessage(Throwable failure) {
        Throwable root = failure;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        return root.getMessage() == null ? root.getClass().getSimpleName() : root.getMessage();
    }
}
