package dev.herd.kernels.device;

import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Consumer;

/** A source of {@link Device}s, found by {@link java.util.ServiceLoader}. */
public interface DeviceProvider {
    /** Name by which it can be forced. */
    String name();

    /** Whether it is taken without being asked for. */
    default boolean isAutomatic() {
        return true;
    }

    /** Why it cannot run in this JVM, in one sentence with what to do about it; empty if it may. */
    Optional<String> refusal();

    /**
     * The device. A second call gives the same one, and may fail where the first did.
     *
     * @param kernelCache directory in which compiled kernels are kept from one start to the next
     * @param log takes lines about what happens
     * @throws IllegalStateException if there is no usable device; the message says why, in one sentence
     */
    Device open(Optional<Path> kernelCache, Consumer<String> log);
}
