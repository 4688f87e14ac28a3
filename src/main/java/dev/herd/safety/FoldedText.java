package dev.herd.safety;

import java.util.Arrays;

/** A whole text as it is compared, folded once for all that look at it. Knows where each character came from. Immutable. */
final class FoldedText {
    private static final int ASCII = 128;

    private final String original;
    private int[] symbols;
    private int[] starts;
    private int[] ends;
    private int length;

    FoldedText(String original) {
        this.original = original;
        this.symbols = new int[original.length() + 16];
        this.starts = new int[symbols.length];
        this.ends = new int[symbols.length];
        for (int at = 0; at < original.length(); ) {
            int codePoint = original.codePointAt(at);
            int end = at + Character.charCount(codePoint);
            int[] changed = codePoint < ASCII ? null : Folding.change(codePoint);
            if (changed == null) {
                add(codePoint, at, end);
            } else {
                for (int symbol : changed) {
                    add(symbol, at, end);
                }
            }
            at = end;
        }
    }

    private void add(int symbol, int start, int end) {
        if (length == symbols.length) {
            symbols = Arrays.copyOf(symbols, 2 * length);
            starts = Arrays.copyOf(starts, 2 * length);
            ends = Arrays.copyOf(ends, 2 * length);
        }
        symbols[length] = symbol;
        starts[length] = start;
        ends[length++] = end;
    }

    /** Shows the text to a matcher. */
    void run(Matcher matcher, Hits hits) {
        for (int i = 0; i < length; i++) {
            matcher.accept(symbols[i], starts[i], ends[i], hits);
        }
        matcher.finish(hits);
    }

    int length() {
        return length;
    }

    int symbol(int index) {
        return symbols[index];
    }

    /** Where in the text as it is a character begins that it came from. */
    int start(int index) {
        return starts[index];
    }

    /** Where that ends. */
    int end(int index) {
        return ends[index];
    }

    /** The character, or the letter that it stands for if it is such a digit or sign. */
    int letter(int index) {
        return original.charAt(starts[index]) < ASCII ? Leet.letter(symbols[index]) : symbols[index];
    }

    /** Shows its characters from the last to the first; hits are positions in the text as it is. */
    void runReversed(Matcher matcher, Hits hits) {
        int size = original.length();
        Hits turned = (rule, from, to) -> hits.hit(rule, size - to, size - from);
        for (int last = length - 1; last >= 0; ) {
            int first = last;
            while (first > 0 && starts[first - 1] == starts[last]) {
                first--;
            }
            for (int i = first; i <= last; i++) {
                matcher.accept(symbols[i], size - ends[i], size - starts[i], turned);
            }
            last = first - 1;
        }
        matcher.finish(turned);
    }
}
