package dev.herd.chat;

import dev.herd.tokenizer.TextDecoder;
import dev.herd.tokenizer.Tokenizer;
import java.util.List;

/**
 * An answer's tokens as the text that its reader gets: never half a character, nothing of special tokens, and nothing
 * from a stop string on. Text that may turn out to begin a stop string is held back until that is decided. The stop
 * string that is complete first ends the answer; of several that end at the same character, the longest. For one answer
 * and one thread.
 */
public final class AnswerText {
    private final TextDecoder decoder;
    private final StopMatcher stops;
    private final StringBuilder held = new StringBuilder();
    private boolean isStopped;

    /**
     * What a token adds.
     *
     * @param text the text to hand out now, often empty
     * @param isStopped whether a stop string has ended the answer
     */
    public record Update(String text, boolean isStopped) {}

    /**
     * An answer that has not begun.
     *
     * @param stops strings that end it, none of them empty; unpaired surrogates in them count as U+FFFD, as in the text
     */
    public AnswerText(Tokenizer tokenizer, List<String> stops) {
        if (stops.stream().anyMatch(String::isEmpty)) {
            throw new IllegalArgumentException("A stop string must not be empty.");
        }
        this.decoder = new TextDecoder(tokenizer);
        this.stops = new StopMatcher(stops.stream().map(AnswerText::wellFormed).toList());
    }

    /** Takes the next token; after a stop string nothing is added any more. */
    public Update accept(int token) {
        return isStopped ? new Update("", true) : add(decoder.append(token));
    }

    /** The rest of the text when no more tokens come: what was held back, unless a stop string has ended the answer. */
    public String finish() {
        if (isStopped) {
            return "";
        }
        String last = add(decoder.finish()).text();
        String rest = isStopped ? "" : held.toString();
        held.setLength(0);
        return last + rest;
    }

    private Update add(String text) {
        for (int at = 0; at < text.length(); at++) {
            held.append(text.charAt(at));
            int stopLength = stops.accept(text.charAt(at));
            if (stopLength > 0) {
                isStopped = true;
                return new Update(release(held.length() - stopLength), true);
            }
        }
        return new Update(release(held.length() - stops.pending()), false);
    }

    private String release(int length) {
        String released = held.substring(0, length);
        held.delete(0, length);
        return released;
    }

    private static String wellFormed(String text) {
        int[] codePoints = text.codePoints()
                .map(codePoint -> codePoint >= Character.MIN_SURROGATE && codePoint <= Character.MAX_SURROGATE
                        ? 0xfffd
                        : codePoint)
                .toArray();
        return new String(codePoints, 0, codePoints.length);
    }
}
