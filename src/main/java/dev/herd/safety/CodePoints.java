package dev.herd.safety;

import java.util.function.IntPredicate;

/** A set of code points that answers for ASCII, and for what is beyond all that it holds, without calling its rule. */
final class CodePoints {
    private final long low;
    private final long high;
    private final int largest;
    private final IntPredicate rule;

    /**
     * The set of what a rule accepts.
     *
     * @param largest nothing beyond it is accepted
     */
    CodePoints(IntPredicate rule, int largest) {
        this.rule = rule;
        this.largest = largest;
        this.low = bits(rule, 0);
        this.high = bits(rule, 64);
    }

    private static long bits(IntPredicate rule, int from) {
        long bits = 0;
        for (int i = 0; i < 64; i++) {
            bits |= rule.test(from + i) ? 1L << i : 0;
        }
        return bits;
    }

    boolean contains(int codePoint) {
        if (codePoint < 64) {
            return (low >>> codePoint & 1) != 0;
        }
        return codePoint < 128 ? (high >>> (codePoint - 64) & 1) != 0 : codePoint <= largest && rule.test(codePoint);
    }
}
