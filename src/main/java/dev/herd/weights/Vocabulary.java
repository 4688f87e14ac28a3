package dev.herd.weights;

import java.nio.file.Path;
import java.util.List;

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
     */
    record GgufTokens(List<String> tokens, int[] tokenTypes, List<String> merges) implements Vocabulary {}

    /** The checkpoint has none: it can be run on token ids only. */
    record None() implements Vocabulary {}
}
