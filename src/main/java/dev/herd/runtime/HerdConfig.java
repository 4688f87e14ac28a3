package dev.herd.runtime;

import dev.herd.kernels.TensorType;
import io.quarkus.runtime.configuration.MemorySize;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import jakarta.validation.constraints.Min;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/** The configuration of the server; docs/configuration.md tells how to set it. */
@ConfigMapping(prefix = "herd")
public interface HerdConfig {
    /** GGUF file or Hugging Face directory. Default: the built-in model. */
    Optional<Path> model();

    /** GGUF file of the vision tower. Default: the one beside a GGUF model, with mmproj in its name, if there is one. */
    Optional<Path> mmproj();

    /** Memory for encoded pictures that may be asked about again; 0 to remember none. */
    @WithDefault("256M")
    MemorySize imageCache();

    /** What clients call the model. Default: the name that the checkpoint states. */
    Optional<String> modelName();

    /** Threads that compute. Default: as many as the machine has processors. */
    Optional<@Min(1) Integer> threads();

    /**
     * Longest prompt and answer together, in tokens. Default: the checkpoint's, at most 8192, and less if the
     * key/value memory holds no more.
     */
    Optional<@Min(2) Integer> context();

    /** How keys and values are kept: half precision takes half the memory of single precision, 8 bits a quarter. */
    @WithDefault("f16")
    KvType kvType();

    /**
     * Memory for keys and values, for example 4G. Default: what max-running sequences of the whole context need, or eight,
     * at most a quarter of the machine's memory or what the model leaves of a GPU's.
     */
    Optional<MemorySize> kvMemory();

    /** Kernels that must be used. Default: the fastest that run on this machine. */
    Optional<String> kernels();

    /** What computes: auto, cpu or tornado. auto takes a GPU if TornadoVM drives one that holds the model. */
    @WithDefault("auto")
    String backend();

    /** Directory in which a GPU's compiled kernels are kept from one start to the next. Default: they are not kept. */
    Optional<Path> kernelCache();

    /** Requests that are computed together. Default: 8, on a GPU 32. */
    Optional<@Min(1) Integer> maxRunning();

    /** Requests that wait; one more is answered with 429. */
    @WithDefault("64")
    @Min(0)
    int maxQueued();

    /**
     * Prompt tokens computed in one step: a smaller slice disturbs running answers less and takes longer. Default: 256, on a
     * GPU 992.
     */
    Optional<@Min(1) Integer> prefillSlice();

    /** How long running answers may go on after SIGTERM. */
    @WithDefault("25s")
    Duration gracePeriod();

    /** A stream that is silent for this long gets a comment, so that nothing between closes the connection. */
    @WithDefault("10s")
    Duration heartbeat();

    /** The largest request body; a larger one is answered with 413. */
    @WithDefault("10M")
    MemorySize maxBody();

    /** Responses of /v1/responses that are kept at most; the oldest goes first. 0 keeps none. */
    @WithDefault("1000")
    @Min(0)
    int responsesKept();

    /** Memory for kept responses and the conversations that lead to them. */
    @WithDefault("64M")
    MemorySize responsesMemory();

    /** How long a response is kept at most. */
    @WithDefault("1h")
    Duration responsesTtl();

    /** Pictures and videos in requests. */
    ImagesConfig images();

    /** Who may use the server. */
    TenantsConfig tenants();
    /** What may go in and out. */
    SafetyConfig safety();

    /** Guards that are models. */
    GuardConfig guard();

    /** Types of keys and values. */
    enum KvType {
        /** Half precision. */
        F16(TensorType.F16),
        /** Single precision. */
        F32(TensorType.F32),
        /** 8 bits and a scale for each 32 of them. */
        Q8_0(TensorType.Q8_0);

        private final TensorType type;

        KvType(TensorType type) {
            this.type = type;
        }

        /** The same as a tensor type. */
        TensorType type() {
            return type;
        }
    }

    /** What of this concerns the model. */
    default ModelSettings modelSettings() {
        ModelSettings defaults = ModelSettings.defaults();
        return defaults.withModel(model())
                .withThreads(threads().orElse(defaults.threads()))
                .withContextLength(optional(context()))
                .withKvBytes(kvMemory()
                        .map(size -> OptionalLong.of(size.asLongValue()))
                        .orElseGet(OptionalLong::empty))
                .withKvType(kvType().type())
                .withKernels(kernels())
                .withRequests(optional(maxRunning()), maxQueued())
                .withPrefillSlice(optional(prefillSlice()))
                .withMmproj(mmproj())
                .withImageCache(imageCache().asLongValue())
                .withBackend(new BackendSettings(backend(), kernelCache()));
    }

    private static OptionalInt optional(Optional<Integer> value) {
        return value.map(OptionalInt::of).orElseGet(OptionalInt::empty);
    }
}
