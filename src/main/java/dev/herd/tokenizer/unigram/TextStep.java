package dev.herd.tokenizer.unigram;

/** One normaliser of a {@code tokenizer.json}. Immutable. */
@FunctionalInterface
interface TextStep {
    AlignedText apply(AlignedText text);
}
