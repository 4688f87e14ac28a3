package dev.herd.runtime;

import dev.herd.kernels.KvShape;
import dev.herd.kernels.TensorType;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * How a model is opened and run, for the server and the command line alike. Start from {@link #defaults()} and change
 * what differs.
 *
 * @param model GGUF file or Hugging Face directory; empty for the built-in model
 * @param threads threads that compute, at least 1
 * @param contextLength longest prompt and answer together, in tokens; empty for the checkpoint's, at most
 *     {@value #DEFAULT_CONTEXT_LIMIT}, and less if the key/value budget is too small for that
 * @param kvBytes budget of key/value memory; empty for what {@code maxRunning} sequences of the whole context need, or
 *     {@value #USUAL_CONTEXTS}, at most a quarter of the machine's memory
 * @param kvType how keys and values are kept: F16, F32 or Q8_0
 * @param kernels name of the kernels that must be used; empty for the fastest that run on this machine
 * @param maxRunning sequences that are computed together at most; empty for what suits that which computes
 * @param maxQueued requests that wait at most; one more is refused
 * @param prefillSlice prompt tokens computed in one step at most; empty for what suits that which computes
 * @param mmproj GGUF file of the vision tower; empty for one that lies beside a GGUF model, if any
 * @param imageCacheBytes memory for encoded pictures that may be asked about again
 * @param backend what computes
 */
public record ModelSettings(
        Optional<Path> model,
        int threads,
        OptionalInt contextLength,
        OptionalLong kvBytes,
        TensorType kvType,
        Optional<String> kernels,
        OptionalInt maxRunning,
        int maxQueued,
        OptionalInt prefillSlice,
        Optional<Path> mmproj,
        long imageCacheBytes,
        BackendSettings backend) {
    /** The context of a checkpoint that claims more, unless configured, in tokens. */
    public static final int DEFAULT_CONTEXT_LIMIT = 8192;

    /** Whole contexts that key/value memory is for, unless it or the number of running sequences is configured. */
    static final int USUAL_CONTEXTS = 8;

    /** Memory for encoded pictures: some six of 16 tiles for the released models. */
    public static final long DEFAULT_IMAGE_CACHE = 256L << 20;

    /** Checks every setting that can be checked without the model. */
    public ModelSettings {
        requirePositive("threads", threads);
        requirePositive("context", contextLength.orElse(1));
        requirePositive("kv-memory", kvBytes.orElse(1));
        requirePositive("max-running", maxRunning.orElse(1));
        requirePositive("prefill-slice", prefillSlice.orElse(1));
        if (imageCacheBytes < 0) {
            throw new IllegalArgumentException("image-cache must not be negative: " + imageCacheBytes);
        }
        if (maxQueued < 0) {
            throw new IllegalArgumentException("max-queued must not be negative: " + maxQueued);
        }
        if (!KvShape.holds(kvType)) {
            throw new IllegalArgumentException("kv-type must be F16, F32 or Q8_0, not " + kvType);
        }
    }

    /** The built-in model on all cores, 64 waiting requests, keys and values as F16. */
    public static ModelSettings defaults() {
        return new ModelSettings(
                Optional.empty(),
                Runtime.getRuntime().availableProcessors(),
                OptionalInt.empty(),
                OptionalLong.empty(),
                TensorType.F16,
                Optional.empty(),
                OptionalInt.empty(),
                64,
                OptionalInt.empty(),
                Optional.empty(),
                DEFAULT_IMAGE_CACHE,
                BackendSettings.AUTO);
    }

    /** These settings with another model. */
    public ModelSettings withModel(Path path) {
        return withModel(Optional.of(path));
    }

    /** These settings with another model, or the built-in one. */
    public ModelSettings withModel(Optional<Path> path) {
        return new ModelSettings(
                path,
                threads,
                contextLength,
                kvBytes,
                kvType,
                kernels,
                maxRunning,
                maxQueued,
                prefillSlice,
                mmproj,
                imageCacheBytes,
                backend);
    }

    /** These settings with another number of threads. */
    public ModelSettings withThreads(int count) {
        return new ModelSettings(
                model,
                count,
                contextLength,
                kvBytes,
                kvType,
                kernels,
                maxRunning,
                maxQueued,
                prefillSlice,
                mmproj,
                imageCacheBytes,
                backend);
    }

    /** These settings with a context that must fit. */
    public ModelSettings withContextLength(int tokens) {
        return withContextLength(OptionalInt.of(tokens));
    }

    /** These settings with a context that must fit, or the default one. */
    public ModelSettings withContextLength(OptionalInt tokens) {
        return new ModelSettings(
                model,
                threads,
                tokens,
                kvBytes,
                kvType,
                kernels,
                maxRunning,
                maxQueued,
                prefillSlice,
                mmproj,
                imageCacheBytes,
                backend);
    }

    /** These settings with another budget of key/value memory, in bytes, or the default one. */
    public ModelSettings withKvBytes(OptionalLong bytes) {
        return new ModelSettings(
                model,
                threads,
                contextLength,
                bytes,
                kvType,
                kernels,
                maxRunning,
                maxQueued,
                prefillSlice,
                mmproj,
                imageCacheBytes,
                backend);
    }

    /** These settings with another type of keys and values. */
    public ModelSettings withKvType(TensorType type) {
        return new ModelSettings(
                model,
                threads,
                contextLength,
                kvBytes,
                type,
                kernels,
                maxRunning,
                maxQueued,
                prefillSlice,
                mmproj,
                imageCacheBytes,
                backend);
    }

    /** These settings with kernels that must be used, or the fastest. */
    public ModelSettings withKernels(Optional<String> name) {
        return new ModelSettings(
                model,
                threads,
                contextLength,
                kvBytes,
                kvType,
                name,
                maxRunning,
                maxQueued,
                prefillSlice,
                mmproj,
                imageCacheBytes,
                backend);
    }

    /** These settings with other limits on running and waiting requests. */
    public ModelSettings withRequests(int running, int queued) {
        return withRequests(OptionalInt.of(running), queued);
    }

    /** These settings with other limits on running, if it is not what suits, and waiting requests. */
    public ModelSettings withRequests(OptionalInt running, int queued) {
        return new ModelSettings(
                model,
                threads,
                contextLength,
                kvBytes,
                kvType,
                kernels,
                running,
                queued,
                prefillSlice,
                mmproj,
                imageCacheBytes,
                backend);
    }

    /** These settings with another size of prefill slices, in tokens. */
    public ModelSettings withPrefillSlice(int tokens) {
        return withPrefillSlice(OptionalInt.of(tokens));
    }

    /** These settings with another size of prefill slices, in tokens, or what suits. */
    public ModelSettings withPrefillSlice(OptionalInt tokens) {
        return new ModelSettings(
                model,
                threads,
                contextLength,
                kvBytes,
                kvType,
                kernels,
                maxRunning,
                maxQueued,
                tokens,
                mmproj,
                imageCacheBytes,
                backend);
    }

    /** These settings with a vision tower of its own file, or the one beside the model. */
    public ModelSettings withMmproj(Optional<Path> file) {
        return new ModelSettings(
                model,
                threads,
                contextLength,
                kvBytes,
                kvType,
                kernels,
                maxRunning,
                maxQueued,
                prefillSlice,
                file,
                imageCacheBytes,
                backend);
    }

    /** These settings with other memory for encoded pictures, in bytes. */
    public ModelSettings withImageCache(long bytes) {
        return new ModelSettings(
                model,
                threads,
                contextLength,
                kvBytes,
                kvType,
                kernels,
                maxRunning,
                maxQueued,
                prefillSlice,
                mmproj,
                bytes,
                backend);
    }

    /** These settings with another choice of what computes. */
    public ModelSettings withBackend(BackendSettings other) {
        return new ModelSettings(
                model,
                threads,
                contextLength,
                kvBytes,
                kvType,
                kernels,
                maxRunning,
                maxQueued,
                prefillSlice,
                mmproj,
                imageCacheBytes,
                other);
    }

    /** How much a step computes, on what takes {@code usual} unless told otherwise. */
    StepLimits steps(StepLimits usual) {
        return new StepLimits(maxRunning.orElse(usual.maxRunning()), prefillSlice.orElse(usual.prefillSlice()));
    }

    private static void requirePositive(String name, long value) {
        if (value <= 0) {
            throw new IllegalArgumentException(name + " must be positive, not " + value);
        }
    }
}
