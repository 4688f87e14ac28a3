package dev.herd.kernels.tornado;

import dev.herd.kernels.device.Device;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;

/**
 * The one start of TornadoVM's runtime in a JVM, and what came of it: the device, or a failure, which is the answer to everybody
 * who asks. A runtime that has failed to start cannot be started again.
 */
final class FirstStart {
    private @Nullable Device device;
    private @Nullable IllegalStateException failure;

    /**
     * The device.
     *
     * @param start runs once
     * @throws IllegalStateException if it failed, the first time or now; with the same message each time
     */
    synchronized Device device(Callable<Device> start) {
        if (failure != null) {
            throw new IllegalStateException(failure.getMessage(), failure);
        }
        if (device == null) {
            try {
                device = start.call();
            } catch (Throwable unable) { // TornadoVM throws errors of its own
                failure = new IllegalStateException("TornadoVM does not start: " + rootMessage(unable), unable);
                throw failure;
            }
        }
        return device;
    }

    private static String rootMessage(Throwable failure) {
        Throwable root = failure;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        return root.getMessage() == null ? root.getClass().getSimpleName() : root.getMessage();
    }
}
