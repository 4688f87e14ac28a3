package dev.herd.kernels.device;

/** A decoder on a device. Used by one thread at a time. */
public interface LoadedDecoder extends AutoCloseable {
    /**
     * Runs a step.
     *
     * @return a row for each of {@code step.logitTokens()}, valid until the next call
     * @throws DeviceLostException if the device no longer answers; every later call will fail, too
     */
    Logits run(DecoderStep step);

    /**
     * How all kernels came about that the device got since this decoder was to be loaded:
     * {@code 24 kernels compiled, 0 from the cache, in 9.1 s}.
     */
    String kernels();

    @Override
    void close();
}
