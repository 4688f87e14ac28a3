package dev.herd.tokenizer;

import java.util.OptionalInt;

/**
 * Byte-level BPE. Immutable and safe for use by many threads.
 *
 * <p>{@link #encode} never yields a special token, whatever the text contains: {@code <|eot|>} typed by a user is
 * ordinary text. Special tokens enter a prompt only through {@link #special}.
 */
public interface Tokenizer {
    /** Ids of {@code text} as ordinary text; empty for the empty text. */
    int[] encode(String text);

    /** Bytes that {@code token} stands for; a special token's name in UTF-8; empty for an id that is not in use. */
    byte[] bytes(int token);

    /** The text of {@code tokens}, special tokens by name; malformed UTF-8 becomes U+FFFD. */
    String decode(int... tokens);

    /** Id of the special token with this exact name, for example {@code <|eot|>}. */
    OptionalInt special(String name);

    /** Whether {@code token} is a special token. */
    boolean isSpecial(int token);

    /** Ids run from 0 to this, exclusive. */
    int size();
}
