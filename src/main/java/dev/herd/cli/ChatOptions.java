package dev.herd.cli;

import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** How answers are chosen; what is not given is left to the model's own defaults. */
final class ChatOptions {
    @Option(names = "--temperature", paramLabel = "T", description = "0 always takes the most likely token")
    private @Nullable Float temperature;

    @Option(names = "--top-p", paramLabel = "P", description = "keep the most likely tokens up to this probability")
    private @Nullable Float topP;

    @Option(names = "--seed", paramLabel = "N", description = "the same seed gives the same answers")
    private @Nullable Long seed;

    @Option(names = "--max-tokens", paramLabel = "N", description = "longest answer, in tokens")
    private @Nullable Integer maxTokens;

    Optional<Float> temperature() {
        return Optional.ofNullable(temperature);
    }

    Optional<Float> topP() {
        return Optional.ofNullable(topP);
    }

    OptionalLong seed() {
        return seed == null ? OptionalLong.empty() : OptionalLong.of(seed);
    }

    OptionalInt maxTokens() {
        return maxTokens == null ? OptionalInt.empty() : OptionalInt.of(maxTokens);
    }
}
