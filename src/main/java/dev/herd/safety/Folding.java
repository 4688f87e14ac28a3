package dev.herd.safety;

import java.text.Normalizer;
import java.util.HashMap;
import java.util.Map;

/**
 * The form in which texts are compared: compatibility characters decomposed, look-alikes of Latin letters replaced by
 * them, invisible characters left out. Works code point by code point, so that streams can be folded as they come and
 * every folded character knows the one that it came from. For matching only; nothing folded is ever shown.
 */
final class Folding {
    private static final int[] NOTHING = {};
    private static final Map<Integer, Integer> LOOK_ALIKES = lookAlikes();

    private Folding() {}

    /** What a code point beyond ASCII is compared as; often itself, and nothing if it is invisible. */
    static int[] of(int codePoint) {
        if (isInvisible(codePoint)) {
            return NOTHING;
        }
        if (isNeverDecomposed(codePoint)) {
            return new int[] {codePoint};
        }
        String text = Character.toString(codePoint);
        String decomposed = Normalizer.normalize(text, Normalizer.Form.NFKD);
        if (decomposed.equals(text)) {
            return new int[] {LOOK_ALIKES.getOrDefault(codePoint, codePoint)};
        }
        return decomposed
                .codePoints()
                .filter(part -> !isInvisible(part))
                .map(part -> LOOK_ALIKES.getOrDefault(part, part))
                .toArray();
    }

    /** A whole text, folded; with {@code isCaseless}, in lower case, too. */
    static int[] of(String text, boolean isCaseless) {
        return text.codePoints()
                .flatMap(codePoint -> codePoint < 128
                        ? java.util.stream.IntStream.of(codePoint)
                        : java.util.Arrays.stream(of(codePoint)))
                .map(codePoint -> isCaseless ? lower(codePoint) : codePoint)
                .toArray();
    }

    /** The same letter in lower case. */
    static int lower(int codePoint) {
        if (codePoint < 128) {
            return codePoint >= 'A' && codePoint <= 'Z' ? codePoint + ('a' - 'A') : codePoint;
        }
        return Character.toLowerCase(Character.toUpperCase(codePoint));
    }

    /** Whether a code point leaves no trace on a screen, or only turns the direction of others. */
    static boolean isInvisible(int codePoint) {
        return isZeroWidth(codePoint)
                || isBidiControl(codePoint)
                || isTag(codePoint)
                || (codePoint >= 0xfe00 && codePoint <= 0xfe0f)
                || (codePoint >= 0xe0100 && codePoint <= 0xe01ef);
    }

    /** Zero-width spaces and joiners, and other characters without width or meaning. */
    static boolean isZeroWidth(int codePoint) {
        return (codePoint >= 0x200b && codePoint <= 0x200d)
                || (codePoint >= 0x2060 && codePoint <= 0x2064)
                || codePoint == 0xfeff
                || codePoint == 0xad
                || codePoint == 0x34f
                || codePoint == 0x180e
                || codePoint == 0x115f
                || codePoint == 0x1160
                || codePoint == 0x3164
                || codePoint == 0xffa0;
    }

    /** Characters that change the direction of text. */
    static boolean isBidiControl(int codePoint) {
        return (codePoint >= 0x202a && codePoint <= 0x202e)
                || (codePoint >= 0x2066 && codePoint <= 0x2069)
                || codePoint == 0x200e
                || codePoint == 0x200f
                || codePoint == 0x61c;
    }

    /** Unicode's tag characters, an invisible copy of ASCII. */
    static boolean isTag(int codePoint) {
        return codePoint >= 0xe0000 && codePoint <= 0xe007f;
    }

    /** Whether a code point is part of a word. */
    static boolean isWord(int codePoint) {
        if (codePoint < 128) {
            return (codePoint >= 'a' && codePoint <= 'z')
                    || (codePoint >= 'A' && codePoint <= 'Z')
                    || (codePoint >= '0' && codePoint <= '9')
                    || codePoint == '_';
        }
        int type = Character.getType(codePoint);
        return Character.isLetterOrDigit(codePoint)
                || type == Character.NON_SPACING_MARK
                || type == Character.COMBINING_SPACING_MARK;
    }

    /** Whether a word ends or begins between two code points; scripts without spaces have words everywhere. */
    static boolean isBoundary(int before, int after) {
        return !isWord(before) || !isWord(after) || isUnspaced(before) || isUnspaced(after);
    }

    private static boolean isUnspaced(int codePoint) {
        if (codePoint < 0xe00) {
            return false;
        }
        return switch (Character.UnicodeScript.of(codePoint)) {
            case HAN, HIRAGANA, KATAKANA, THAI, LAO, KHMER, MYANMAR -> true;
            default -> false;
        };
    }

    private static boolean isNeverDecomposed(int codePoint) {
        return codePoint >= 0x4e00 && codePoint <= 0x9fff;
    }

    private static Map<Integer, Integer> lookAlikes() {
        String foreign =
                "аеорсухіјѕԁһԛԝӏАВЕКМНОРСТУХІЈЅҮԌԚԜӀαονρυικγΑΒΕΖΗΙΚΜΝΟΡΤΥΧϲϳօսհոցԱՕՍıɑɡɩʋⲟⲣⲥꓐꓑꓔꓖꓗꓙꓜꓝꓟꓠꓡꓢꓣꓦꓪꓫꓬꓮꓰꓲꓳꓴ";
        String latin =
                "aeopcyxijsdhqwlABEKMHOPCTYXIJSYGQWIaovpuikyABEZHIKMNOPTYXcjouhngUOUiagivopcBPTGKJZFMNLSRVWXYAEIOU";
        Map<Integer, Integer> map = new HashMap<>();
        int[] from = foreign.codePoints().toArray();
        int[] to = latin.codePoints().toArray();
        if (from.length != to.length) {
            throw new IllegalStateException(from.length + " look-alikes, " + to.length + " letters");
        }
        for (int i = 0; i < from.length; i++) {
            map.put(from[i], to[i]);
        }
        return map;
    }
}
