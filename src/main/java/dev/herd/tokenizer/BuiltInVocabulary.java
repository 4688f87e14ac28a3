package dev.herd.tokenizer;

import dev.herd.weights.Vocabulary;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Objects;

/**
 * The vocabulary of the model that comes with Herd: 1024 ids, learned from {@code built-in.txt}. Ordinary tokens come
 * first, then those special tokens of Llama 4 that have a meaning, in Llama 4's order.
 */
public final class BuiltInVocabulary {
    private static final int MERGES = 749;

    private BuiltInVocabulary() {}

    /** The vocabulary, made anew by each call and always the same. */
    public static Vocabulary.GgufTokens get() {
        return BpeTrainer.train(text(), MERGES, Llama4SpecialTokens.meaningful());
    }

    /** The text that the vocabulary is learned from: plain English about herds, machines, weather, cooking and talk. */
    public static String text() {
        try (InputStream input =
                Objects.requireNonNull(BuiltInVocabulary.class.getResourceAsStream("built-in.txt"), "built-in.txt")) {
            return new String(input.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
