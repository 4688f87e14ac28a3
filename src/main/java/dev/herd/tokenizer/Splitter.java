package dev.herd.tokenizer;

/** Cuts text into the pieces within which byte pairs are merged. Immutable and safe for use by many threads. */
interface Splitter {
    /**
     * End, exclusive, of the piece that starts at {@code start}: greater than {@code start}, at most {@code limit}.
     * Text from {@code limit} on is not looked at.
     */
    int pieceEnd(String text, int start, int limit);
}
