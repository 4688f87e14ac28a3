package dev.herd.safety;

import java.text.Normalizer;
import java.util.Arrays;

/**
 * A text in the form that detectors read beside the original: compatibility characters replaced (NFKC), nothing
 * invisible in it. Knows which character of the original each of its own came from.
 */
public final class NormalText {
    private static final int MOST_GROWTH = 4;

    private static final int ASCII = 128;

    private final StringBuilder text;
    private final int mostChars;
    private int[] origins;

    private NormalText(String original) {
        this.text = new StringBuilder(original.length());
        this.mostChars = MOST_GROWTH * original.length();
        this.origins = new int[original.length() + 1];
        for (int start = 0; start < original.length(); ) {
            int end = clusterEnd(original, start);
            if (end == start + 1 && isNormal(original.charAt(start))) {
                append(original.charAt(start), start);
            } else {
                append(original.substring(start, end), start);
            }
            start = end;
        }
    }

    /** The normal form of a text. What would grow beyond four times the text is cut off. */
    public static NormalText of(String original) {
        return new NormalText(original);
    }

    private static boolean isNormal(char symbol) {
        return symbol < ASCII || Folding.change(symbol) == null || Folding.isLookAlike(symbol);
    }

    /** Whether a text is plainly its own normal form, so that it need not be made. */
    static boolean isAscii(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) >= ASCII) {
                return false;
            }
        }
        return true;
    }

    /** A base character with the marks on it, or a Hangul syllable: what is normalised together. */
    private static int clusterEnd(String original, int start) {
        int first = original.codePointAt(start);
        int at = start + Character.charCount(first);
        if (at < original.length() && original.charAt(at) < ASCII) {
            return at;
        }
        boolean isJamo = isJamo(first);
        while (at < original.length()) {
            int next = original.codePointAt(at);
            boolean belongs = Character.getType(next) == Character.NON_SPACING_MARK
                    || Character.getType(next) == Character.COMBINING_SPACING_MARK
                    || next == 0xff9e
                    || next == 0xff9f
                    || (isJamo && isJamo(next));
            if (!belongs || at - start > 64) {
                return at;
            }
            at += Character.charCount(next);
        }
        return at;
    }

    private static boolean isJamo(int codePoint) {
        return codePoint >= 0x1100 && codePoint <= 0x11ff;
    }

    private void append(char symbol, int start) {
        if (text.length() < mostChars) {
            reserve(1);
            origins[text.length()] = start;
            text.append(symbol);
        }
    }

    private void append(String cluster, int start) {
        int[] visible = cluster.codePoints()
                .filter(codePoint -> !Folding.isInvisible(codePoint))
                .toArray();
        String normal = Normalizer.normalize(new String(visible, 0, visible.length), Normalizer.Form.NFKC);
        if (text.length() + normal.length() > mostChars) {
            return;
        }
        reserve(normal.length());
        Arrays.fill(origins, text.length(), text.length() + normal.length(), start);
        text.append(normal);
    }

    private void reserve(int more) {
        if (text.length() + more > origins.length) {
            origins = Arrays.copyOf(origins, 2 * (text.length() + more));
        }
    }

    /** The normal form. */
    public String text() {
        return text.toString();
    }

    /** Where in the original the character came from that stands at {@code position}. */
    public int origin(int position) {
        return origins[position];
    }
}
