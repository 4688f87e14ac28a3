package dev.herd.runtime;

import io.quarkus.runtime.configuration.MemorySize;
import io.smallrye.config.WithDefault;
import jakarta.validation.constraints.Min;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/** The guards that are models; docs/guards.md says which there are. */
public interface GuardConfig {
    /** Directory or GGUF file of a Llama Guard 4, or of a Llama Guard 3 that reads text. Default: none. */
    Optional<Path> model();

    /** What policies and moderation requests call it. */
    @WithDefault("llama-guard-4")
    String name();

    /** The prompt template of moderation requests and of policies that name none; {@code auto}: the vocabulary's. */
    @WithDefault("auto")
    String template();

    /** Whether its verdict is read behind line breaks that Herd puts there, or with and without them. */
    @WithDefault("fixed-position")
    ScoreMode scoreMode();

    /** Threads that compute guards, of each kind. Default: half as many as the served model has. */
    Optional<@Min(1) Integer> threads();

    /** Longest prompt of Llama Guard. Default: the checkpoint's, at most 8192. */
    Optional<@Min(512) Integer> context();

    /** Memory for its keys and values. Default: what four prompts of the whole context need, within the usual bounds. */
    Optional<MemorySize> kvMemory();

    /** Directory of a Prompt Guard. Default: none. */
    Optional<Path> promptGuard();

    /** What policies call it. */
    @WithDefault("pg2-86m")
    String promptGuardName();

    /** Guards on other servers, by the names that policies call them. */
    Map<String, Remote> remote();

    /** The guard that answers moderation requests. Default: Llama Guard, else a remote one, else the rules. */
    Optional<String> moderation();

    /** How long a moderation request waits for it. */
    @WithDefault("30s")
    Duration timeout();

    /** Where a verdict is looked for. */
    enum ScoreMode {
        /** Behind the line breaks that are put there. */
        FIXED_POSITION,
        /** At once, and behind them. */
        MARGINAL
    }

    /** A guard on another server. */
    interface Remote {
        /** Address of its endpoint. */
        URI url();

        /** What the endpoint is. */
        Kind kind();

        /** What the server calls the model. */
        String model();

        /** Sent as bearer token. Default: none is sent. */
        Optional<String> apiKey();

        /** Kinds of endpoints. */
        enum Kind {
            /** OpenAI's chat completions, with a Llama Guard behind. */
            CHAT,
            /** OpenAI's moderations. */
            MODERATION
        }
    }

    /** How Llama Guard is opened and run. */
    default ModelSettings modelSettings(Path path, int servedThreads) {
        return ModelSettings.defaults()
                .withModel(path)
                .withThreads(threads(servedThreads))
                .withContextLength(context().map(OptionalInt::of).orElseGet(OptionalInt::empty))
                .withKvBytes(kvMemory()
                        .map(size -> OptionalLong.of(size.asLongValue()))
                        .orElseGet(OptionalLong::empty))
                .withRequests(4, 64);
    }

    /** Threads that compute a guard. */
    default int threads(int servedThreads) {
        return threads().orElse(Math.max(1, servedThreads / 2));
    }
}
