package dev.herd.weights;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** Where a checkpoint keeps its tokenizer; the tokenizer package makes one of it. */
public sealed interface Vocabulary {
    /** Hugging Face's {@code tokenizer.json}. */
    record TokenizerJson(Path file) implements Vocabulary {}

    /** Meta's {@code tokenizer.model}: lines of base64 bytes and rank, special tokens implied. */
    record TiktokenModel(Path file) implements Vocabulary {}

    /**
     * The vocabulary in a GGUF file's metadata.
     *
     * @param tokens text of each id in the GPT-2 byte alphabet; special tokens as they are
     * @param tokenTypes ggml token type of each id (1 normal, 3 control, 4 user defined, 5 unused, 6 byte); empty if
     *     the file has none
     * @param merges pairs, best first, each as {@code "left right"}
     * @param splitRules how text is cut before bytes are merged
     */
    record GgufTokens(List<String> tokens, int[] tokenTypes, List<String> merges, SplitRules splitRules)
            implements Vocabulary {
        /** A vocabulary with Llama 4's split rules. */
        public GgufTokens(List<String> tokens, int[] tokenTypes, List<String> merges) {
            this(tokens, tokenTypes, merges, SplitRules.LLAMA_4);
        }
    }

    /** The checkpoint has none: it can be run on token ids only. */
    record None() implements Vocabulary {}

    /** How a vocabulary's text is cut into the pieces within which byte pairs are merged, by the models that do it so. */
    enum SplitRules {
        /** Llama 3's rules, those of cl100k: a word is letters of any case, and contractions stand alone. */
        LLAMA_3(
                "llama-bpe",
                "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}"
                        + "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"),
        /** Llama 4's rules, those of o200k: capitals begin a word, and contractions belong to it. */
        LLAMA_4(
                "llama4",
                "[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]*[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
                        + "|[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]+[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
                        + "|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+");

        private final String ggufName;
        private final String expression;

        SplitRules(String ggufName, String expression) {
            this.ggufName = ggufName;
            this.expression = expression;
        }

        /** The rules that GGUF's {@code tokenizer.ggml.pre} calls {@code name}. */
        static Optional<SplitRules> named(String name) {
            return switch (name) {
                case "llama-bpe", "llama3", "llama-v3" -> Optional.of(LLAMA_3);
                case "llama4", "gpt-4o" -> Optional.of(LLAMA_4);
                default -> Optional.empty();
            };
        }

        /** The rules that a {@code tokenizer.json} states by {@code expression}. */
        static Optional<SplitRules> of(String expression) {
            return Arrays.stream(values())
                    .filter(rules -> rules.expression.equals(expression))
                    .findFirst();
        }

        /** The name by which GGUF's writers call them. */
        String ggufName() {
            return ggufName;
        }

        /** The expression as a {@code tokenizer.json} spells it: each match is a piece. */
        public String expression() {
            return expression;
        }
    }
}
