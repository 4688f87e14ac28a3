package dev.herd.tokenizer;

import java.util.Arrays;

/** The scratch memory of one call to {@code encode}: turns pieces of text into ids, in order. For one thread. */
final class PieceEncoder {
    /** Up to this many bytes, looking at every pair beats a heap. */
    private static final int SHORT_PIECE = 96;

    private final TokenTable tokens;
    private final MergeTable merges;
    private final int[] byteTokens;
    private final boolean isWholePieceFirst;

    private final int[] parts = new int[SHORT_PIECE];
    private final long[] pairs = new long[SHORT_PIECE];
    private byte[] bytes = new byte[4 * SHORT_PIECE];
    private int[] output;
    private int size;

    PieceEncoder(TokenTable tokens, MergeTable merges, int[] byteTokens, boolean isWholePieceFirst, int expectedSize) {
        this.tokens = tokens;
        this.merges = merges;
        this.byteTokens = byteTokens;
        this.isWholePieceFirst = isWholePieceFirst;
        this.output = new int[expectedSize];
    }

    /** Appends the ids of the piece {@code text[start, end)}. */
    void addPiece(String text, int start, int end) {
        int most = Math.multiplyExact(3, end - start);
        if (most > bytes.length) {
            bytes = new byte[Math.max(most, 2 * bytes.length)];
        }
        int length = encodeUtf8(text, start, end, bytes);
        if (isWholePieceFirst) {
            int token = tokens.find(bytes, 0, length);
            if (token != TokenTable.ABSENT) {
                addToken(token);
                return;
            }
        }
        if (length <= SHORT_PIECE) {
            mergeShort(length);
        } else {
            addAll(new LongPiece(merges, byteTokens, bytes, length).merge());
        }
    }

    /** Appends one id. */
    void addToken(int token) {
        reserve(1);
        output[size++] = token;
    }

    /** The ids so far. */
    int[] result() {
        return Arrays.copyOf(output, size);
    }

    private void mergeShort(int length) {
        for (int at = 0; at < length; at++) {
            parts[at] = byteTokens[bytes[at] & 0xff];
            if (at > 0) {
                pairs[at - 1] = merges.find(parts[at - 1], parts[at]);
            }
        }
        int count = length;
        while (count > 1) {
            int best = 0;
            for (int at = 1; at < count - 1; at++) {
                if (pairs[at] < pairs[best]) {
                    best = at;
                }
            }
            if (pairs[best] == MergeTable.ABSENT) {
                break;
            }
            mergeAt(best, count);
            count--;
        }
        reserve(count);
        System.arraycopy(parts, 0, output, size, count);
        size += count;
    }

    private void mergeAt(int best, int count) {
        parts[best] = (int) pairs[best];
        System.arraycopy(parts, best + 2, parts, best + 1, count - best - 2);
        if (best + 2 < count) {
            System.arraycopy(pairs, best + 2, pairs, best + 1, count - best - 3);
            pairs[best] = merges.find(parts[best], parts[best + 1]);
        }
        if (best > 0) {
            pairs[best - 1] = merges.find(parts[best - 1], parts[best]);
        }
    }

    private void addAll(int[] tokens) {
        reserve(tokens.length);
        System.arraycopy(tokens, 0, output, size, tokens.length);
        size += tokens.length;
    }

    private void reserve(int more) {
        if (size + more > output.length) {
            output = Arrays.copyOf(output, Math.max(size + more, 2 * output.length));
        }
    }

    /** Writes UTF-8 to {@code target} and returns its length; an unpaired surrogate becomes U+FFFD. */
    private static int encodeUtf8(String text, int start, int end, byte[] target) {
        int length = 0;
        for (int at = start; at < end; at++) {
            char unit = text.charAt(at);
            if (unit < 0x80) {
                target[length++] = (byte) unit;
            } else if (unit < 0x800) {
                target[length++] = (byte) (0xc0 | (unit >> 6));
                target[length++] = (byte) (0x80 | (unit & 0x3f));
            } else if (Character.isHighSurrogate(unit)
                    && at + 1 < end
                    && Character.isLowSurrogate(text.charAt(at + 1))) {
                int codePoint = Character.toCodePoint(unit, text.charAt(++at));
                target[length++] = (byte) (0xf0 | (codePoint >> 18));
                target[length++] = (byte) (0x80 | ((codePoint >> 12) & 0x3f));
                target[length++] = (byte) (0x80 | ((codePoint >> 6) & 0x3f));
                target[length++] = (byte) (0x80 | (codePoint & 0x3f));
            } else {
                int codePoint = Character.isSurrogate(unit) ? 0xfffd : unit;
                target[length++] = (byte) (0xe0 | (codePoint >> 12));
                target[length++] = (byte) (0x80 | ((codePoint >> 6) & 0x3f));
                target[length++] = (byte) (0x80 | (codePoint & 0x3f));
            }
        }
        return length;
    }
}
