package dev.herd.tokenizer;

import java.util.Arrays;

/**
 * The GPT-2 byte alphabet: one printable character for each byte, in which vocabularies in JSON and GGUF are written.
 * Printable Latin-1 stands for itself; the other 68 bytes are U+0100 and up, in order.
 */
final class ByteAlphabet {
    /** The answer of {@link #byteOf} for a character outside the alphabet. */
    static final int ABSENT = -1;

    private static final char[] CHARACTERS = new char[256];
    private static final short[] BYTES = new short[256 + 68];

    static {
        Arrays.fill(BYTES, (short) ABSENT);
        char next = 256;
        for (int value = 0; value < CHARACTERS.length; value++) {
            boolean printable = (value > ' ' && value < 0x7f) || (value > 0xa0 && value != 0xad);
            CHARACTERS[value] = printable ? (char) value : next++;
            BYTES[CHARACTERS[value]] = (short) value;
        }
    }

    private ByteAlphabet() {}

    /** The character of the byte 0..255. */
    static char characterOf(int value) {
        return CHARACTERS[value];
    }

    /** The byte 0..255 of a character, or {@link #ABSENT}. */
    static int byteOf(char character) {
        return character < BYTES.length ? BYTES[character] : ABSENT;
    }

    /** Writes the bytes of {@code text[from, to)} to {@code target}; false if a character is not in the alphabet. */
    static boolean decode(String text, int from, int to, byte[] target) {
        for (int at = from; at < to; at++) {
            int value = byteOf(text.charAt(at));
            if (value == ABSENT) {
                return false;
            }
            target[at - from] = (byte) value;
        }
        return true;
    }

    /** {@code bytes} in the alphabet. */
    static String encode(byte[] bytes) {
        var text = new StringBuilder(bytes.length);
        for (byte value : bytes) {
            text.append(characterOf(value & 0xff));
        }
        return text.toString();
    }
}
