package dev.herd.cli;

import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/** How answers are chosen; what is not given is left to the model's own defaults. */
final class ChatOptions {
    private final CommandOption<Optional<Float>> temperature;
    private final CommandOption<Optional<Float>> topP;
    private final CommandOption<Optional<Long>> seed;
    private final CommandOption<Optional<Integer>> maxTokens;

    ChatOptions(CommandOptions options) {
        temperature =
                options.optional("--temperature", "T", CommandOption::real, "0 always takes the most likely token");
        topP = options.optional(
                "--top-p", "P", CommandOption::real, "keep the most likely tokens up to this probability");
        seed = options.optional("--seed", "N", CommandOption::longInteger, "the same seed gives the same answers");
        maxTokens = options.optional("--max-tokens", "N", CommandOption::integer, "longest answer, in tokens");
    }

    Optional<Float> temperature() {
        return temperature.get();
    }

    Optional<Float> topP() {
        return topP.get();
    }

    OptionalLong seed() {
        return seed.get().map(OptionalLong::of).orElseGet(OptionalLong::empty);
    }

    OptionalInt maxTokens() {
        return maxTokens.get().map(OptionalInt::of).orElseGet(OptionalInt::empty);
    }
}
