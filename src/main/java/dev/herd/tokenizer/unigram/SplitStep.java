package dev.herd.tokenizer.unigram;

import java.util.List;

/** One pre-tokenizer of a {@code tokenizer.json}: makes pieces of a piece. Immutable. */
@FunctionalInterface
interface SplitStep {
    /** The pieces, in order; empty ones may be among them. */
    List<AlignedText> apply(AlignedText piece);
}
