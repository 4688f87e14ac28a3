package dev.herd.safety;

/** Hears of what matchers find. */
interface Hits {
    /** {@code rule} matches the characters from {@code start} up to {@code end}, positions in the original text. */
    void hit(ScanRule rule, int start, int end);
}
