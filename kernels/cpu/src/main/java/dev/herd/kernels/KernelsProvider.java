package dev.herd.kernels;

import java.util.Optional;

/** A source of {@link Kernels}, found by {@link java.util.ServiceLoader}. */
public interface KernelsProvider {
    /** Name by which it can be forced. */
    String name();

    /** Of the providers that can run, the one with the highest preference is taken. */
    int preference();

    /** Why it cannot run on this machine, in one sentence with what to do about it; empty if it can. */
    Optional<String> refusal();

    /**
     * The kernels.
     *
     * @throws IllegalStateException if {@link #refusal()} is present
     */
    Kernels create();
}
