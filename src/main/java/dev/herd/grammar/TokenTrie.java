package dev.herd.grammar;

import dev.herd.tokenizer.Tokenizer;
import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * The tokens of a vocabulary, arranged so that all which a constraint allows are found without looking at most of them.
 * Some 10 MB for Llama 4's 202,048 tokens; made once per vocabulary. Immutable and safe for use by many threads.
 */
public final class TokenTrie {
    /*
     * A special token is the byte 0xFF, which no text contains, followed by its name. Ordinary tokens with that byte are
     * left out, so that no text can be taken for a special token.
     *
     * Most tokens are plain text, and where a constraint allows any plain text of n characters, all tokens of up to n
     * plain characters are allowed, without a look at each. A slice is such a set of tokens with the tree of the others.
     */
    static final byte SPECIAL = (byte) 0xff;

    private static final int[] SLICE_LENGTHS = {32, 12, 6, 3};

    private final byte[][] bytes; // by id; empty for ids that no constraint can allow
    private final Trie all;
    private final Slice[] slices; // longest first

    private TokenTrie(byte[][] bytes) {
        this.bytes = bytes;
        int[] sorted = IntStream.range(0, bytes.length)
                .filter(token -> bytes[token].length > 0)
                .boxed()
                .sorted((left, right) -> Arrays.compareUnsigned(bytes[left], bytes[right]))
                .mapToInt(Integer::intValue)
                .toArray();
        int[] plain = Arrays.stream(sorted)
                .map(token -> PlainText.length(bytes[token]))
                .toArray();
        this.all = new Trie(sorted, bytes);
        this.slices = Arrays.stream(SLICE_LENGTHS)
                .mapToObj(length -> slice(length, sorted, plain))
                .toArray(Slice[]::new);
    }

    /** The tokens of {@code tokenizer}. */
    public static TokenTrie of(Tokenizer tokenizer) {
        byte[][] bytes = new byte[tokenizer.size()][];
        for (int token = 0; token < bytes.length; token++) {
            byte[] own = tokenizer.bytes(token);
            if (tokenizer.isSpecial(token)) {
                bytes[token] = special(own);
            } else {
                bytes[token] = contains(own, SPECIAL) ? new byte[0] : own;
            }
        }
        return new TokenTrie(bytes);
    }

    /** How a special token of this name, in UTF-8, appears to a constraint. */
    static byte[] special(byte[] name) {
        byte[] marked = new byte[name.length + 1];
        marked[0] = SPECIAL;
        System.arraycopy(name, 0, marked, 1, name.length);
        return marked;
    }

    private static boolean contains(byte[] bytes, byte value) {
        for (byte own : bytes) {
            if (own == value) {
                return true;
            }
        }
        return false;
    }

    private Slice slice(int length, int[] sorted, int[] plain) {
        long[] members = new long[wordCount()];
        int[] others = new int[sorted.length];
        int count = 0;
        for (int i = 0; i < sorted.length; i++) {
            if (plain[i] == PlainText.NOT_PLAIN || plain[i] > length) {
                others[count++] = sorted[i];
            } else {
                members[sorted[i] >> 6] |= 1L << sorted[i];
            }
        }
        return new Slice(length, members, new Trie(Arrays.copyOf(others, count), bytes));
    }

    /** Ids run from 0 to this, exclusive. */
    public int size() {
        return bytes.length;
    }

    /** Number of 64-bit words of a mask. */
    int wordCount() {
        return (bytes.length + 63) >> 6;
    }

    /** The bytes of a token as a constraint sees them; not to be changed. */
    byte[] bytes(int token) {
        return bytes[token];
    }

    /** All tokens. */
    Trie all() {
        return all;
    }

    /** The slices, those with the longest tokens first. */
    Slice[] slices() {
        return slices;
    }

    /**
     * Tokens that are plain text of at most {@code length} characters, and the tree of all other tokens.
     *
     * @param members a bit by id
     */
    @SuppressWarnings("ArrayRecordComponent") // immutable by convention, never compared
    record Slice(int length, long[] members, Trie others) {}
}
