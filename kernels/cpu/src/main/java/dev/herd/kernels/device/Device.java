package dev.herd.kernels.device;

import dev.herd.kernels.KvShape;
import java.util.Optional;

/**
 * A processor with memory of its own. Several threads may load models on it, one at a time, and run what they loaded at the same
 * time; the device sees to it that they take turns.
 */
public interface Device {
    /** What is known of it. */
    Facts facts();

    /** Bytes of its memory that nothing takes which is loaded now; what drivers take counts as free. */
    long freeBytes();

    /** Why it cannot run this decoder, whatever its memory, in one sentence; empty if it can. */
    Optional<String> refusal(Decoder decoder);

    /** The same of a vision encoder. */
    Optional<String> refusal(Encoder encoder);

    /** Bytes of its key/value memory that {@code blocks} blocks of {@code layers} layers take. */
    long kvBytes(KvShape shape, int layers, long blocks);

    /** Blocks of its key/value memory that there can be at most, however much is free: a layer's are in one array. */
    long mostKvBlocks(KvShape shape);

    /**
     * Bytes that the decoder takes on the device: weights, key/value memory, scratch, what goes there with each step, and
     * recordings of steps. There is a number for one that is refused, too.
     */
    long bytes(Decoder decoder);

    /** The same of an encoder. */
    long bytes(Encoder encoder);

    /**
     * Compiles the kernels that the decoder needs, brings its weights to the device, and runs it once.
     *
     * @throws IllegalStateException if it does not work out; the message says why, in one sentence
     */
    LoadedDecoder load(Decoder decoder);

    /**
     * The same with a vision encoder, beside the decoder that is there.
     *
     * @throws IllegalStateException if it does not work out; the message says why, in one sentence
     */
    LoadedEncoder load(Encoder encoder);

    /**
     * What is known of a device.
     *
     * @param backend how it is driven, such as {@code OpenCL}
     * @param name what its maker calls it
     * @param driver version of the driver
     * @param memoryBytes all of its memory
     */
    record Facts(String backend, String name, String driver, long memoryBytes) {}
}
