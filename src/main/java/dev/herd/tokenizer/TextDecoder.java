package dev.herd.tokenizer;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.function.IntPredicate;

/**
 * Tokens to text, one by one, without ever giving out half a character: bytes that may still become one are held back,
 * bytes that no longer can become U+FFFD. All answers together equal the text of all bytes together. For one answer and
 * one thread.
 */
public final class TextDecoder {
    private static final int LONGEST_CHARACTER = 4;

    private final Tokenizer tokenizer;
    private final IntPredicate isShown;
    private final CharsetDecoder decoder = StandardCharsets.UTF_8
            .newDecoder()
            .onMalformedInput(CodingErrorAction.REPLACE)
            .onUnmappableCharacter(CodingErrorAction.REPLACE);
    private final byte[] held = new byte[LONGEST_CHARACTER];
    private int heldCount;

    /** A decoder for which special tokens stand for no text. */
    public TextDecoder(Tokenizer tokenizer) {
        this(tokenizer, false);
    }

    /** A decoder that shows special tokens by name if {@code showsSpecials}, and else passes over them. */
    public TextDecoder(Tokenizer tokenizer, boolean showsSpecials) {
        this(tokenizer, special -> showsSpecials);
    }

    /** A decoder that shows those special tokens by name whose ids {@code isShown} holds for, and passes over the others. */
    public TextDecoder(Tokenizer tokenizer, IntPredicate isShown) {
        this.tokenizer = tokenizer;
        this.isShown = isShown;
    }

    /** The text that {@code token} completes; empty if it completes none. */
    public String append(int token) {
        return tokenizer.isSpecial(token) && !isShown.test(token) ? "" : decode(tokenizer.bytes(token), false);
    }

    /** What is left at the end: U+FFFD if the last character is incomplete. The decoder is then as new. */
    public String finish() {
        String text = decode(new byte[0], true);
        decoder.reset();
        return text;
    }

    private String decode(byte[] bytes, boolean isEnd) {
        var input = ByteBuffer.allocate(heldCount + bytes.length);
        input.put(held, 0, heldCount).put(bytes).flip();
        // No byte yields more than one character.
        var output = CharBuffer.allocate(input.remaining());
        decoder.decode(input, output, isEnd);
        heldCount = input.remaining();
        input.get(held, 0, heldCount);
        return output.flip().toString();
    }
}
