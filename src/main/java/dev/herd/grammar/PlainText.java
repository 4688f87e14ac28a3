package dev.herd.grammar;

/**
 * Plain characters: all but control characters, the quotation mark and the backslash. What may stand in a JSON string
 * as it is, and nearly all that tokens consist of.
 */
final class PlainText {
    /** The encodings of a plain character: alternatives of byte ranges, low, high, low, high, … */
    static final int[][] ENCODINGS = {
        {0x20, 0x21},
        {0x23, 0x5b},
        {0x5d, 0x7e},
        {0xc2, 0xdf, 0x80, 0xbf},
        {0xe0, 0xe0, 0xa0, 0xbf, 0x80, 0xbf},
        {0xe1, 0xec, 0x80, 0xbf, 0x80, 0xbf},
        {0xed, 0xed, 0x80, 0x9f, 0x80, 0xbf},
        {0xee, 0xef, 0x80, 0xbf, 0x80, 0xbf},
        {0xf0, 0xf0, 0x90, 0xbf, 0x80, 0xbf, 0x80, 0xbf},
        {0xf1, 0xf3, 0x80, 0xbf, 0x80, 0xbf, 0x80, 0xbf},
        {0xf4, 0xf4, 0x80, 0x8f, 0x80, 0xbf, 0x80, 0xbf},
    };

    /** The answer of {@link #length} for bytes that are something else. */
    static final int NOT_PLAIN = -1;

    private PlainText() {}

    /** How many plain characters {@code bytes} are, a last one that is cut short included; {@link #NOT_PLAIN} if not. */
    static int length(byte[] bytes) {
        int characters = 0;
        int at = 0;
        while (at < bytes.length) {
            int length = characterLength(bytes, at);
            if (length == 0) {
                return NOT_PLAIN;
            }
            at += length;
            characters++;
        }
        return characters;
    }

    private static int characterLength(byte[] bytes, int from) {
        for (int[] encoding : ENCODINGS) {
            int length = encoding.length / 2;
            boolean matches = true;
            for (int i = 0; i < length && from + i < bytes.length; i++) {
                int value = Byte.toUnsignedInt(bytes[from + i]);
                matches &= value >= encoding[2 * i] && value <= encoding[2 * i + 1];
            }
            if (matches) {
                return length;
            }
        }
        return 0;
    }
}
