package dev.herd.safety;

import java.text.Normalizer;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * The form in which texts are compared: compatibility characters decomposed, look-alikes of Latin letters replaced by
 * them, invisible characters left out. Works code point by code point, so that streams can be folded as they come and
 * every folded character knows the one that it came from. For matching only; nothing folded is ever shown.
 */
final class Folding {
    /*
     * Asking the normaliser about a character costs a hundred times more than all else that is done about it. So each is
     * asked about once, together with its neighbours, when one of them first comes.
     */
    private static final int BLOCK_BITS = 8;
    private static final int BLOCK_SIZE = 1 << BLOCK_BITS;
    private static final AtomicReferenceArray<int[] @Nullable []> BLOCKS =
            new AtomicReferenceArray<>((Character.MAX_CODE_POINT + 1) >> BLOCK_BITS);
    private static final int[] @Nullable [] UNCHANGED = new int[BLOCK_SIZE][];
    private static final int[] NOTHING = {};
    private static final Map<Integer, Integer> LOOK_ALIKES = lookAlikes();

    private Folding() {}

    /** What a code point is compared as, often itself, for which null stands; nothing if it is invisible. */
    static int @Nullable [] change(int codePoint) {
        int[] @Nullable [] block = BLOCKS.get(codePoint >> BLOCK_BITS);
        if (block == null) {
            block = block(codePoint & -BLOCK_SIZE);
            BLOCKS.set(codePoint >> BLOCK_BITS, block);
        }
        return block[codePoint & (BLOCK_SIZE - 1)];
    }

    /** The same as an array in every case. */
    static int[] of(int codePoint) {
        int[] changed = change(codePoint);
        return changed == null ? new int[] {codePoint} : changed;
    }

    /** Whether a code point is changed only because it looks like another. */
    static boolean isLookAlike(int codePoint) {
        int[] changed = change(codePoint);
        return changed != null
                && changed.length == 1
                && changed[0] == LOOK_ALIKES.getOrDefault(codePoint, Character.MAX_CODE_POINT + 1);
    }

    private static int[] @Nullable [] block(int first) {
        int[] @Nullable [] block = new int[BLOCK_SIZE][];
        boolean isUnchanged = true;
        for (int i = 0; i < BLOCK_SIZE; i++) {
            int[] folded = fold(first + i);
            if (folded.length != 1 || folded[0] != first + i) {
                block[i] = folded;
                isUnchanged = false;
            }
        }
        return isUnchanged ? UNCHANGED : block;
    }

    private static int[] fold(int codePoint) {
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
                .flatMap(codePoint -> Arrays.stream(of(codePoint)))
                .map(codePoint -> isCaseless ? lower(codePoint) : codePoint)
                .toArray();
    }

    /** The same letter in lower case. */
    static int lower(int codePoint) {
        if (codePoint < 128) {
            return codePoint >= 'A' && codePoint <= 'Z' ? codePoint + ('a' - 'A') : codePoint;
        }
        if (isNeverDecomposed(codePoint)) {
            return codePoint;
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
