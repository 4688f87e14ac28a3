package dev.herd.chat;

import dev.herd.tokenizer.TextDecoder;
import dev.herd.tokenizer.Tokenizer;
import java.util.List;
import java.util.function.IntPredicate;

/**
 * An answer's tokens as the text that its reader gets: never half a character, and unless {@link Style} says otherwise
 * nothing of special tokens and nothing from a stop string on. Text that may turn out to begin a stop string is held back until that is decided. The stop
 * string that is complete first ends the answer; of several that end at the same character, the longest. For one answer
 * and one thread.
 */
public final class AnswerText {
    private final TextDecoder decoder;
    private final StopMatcher stops;
    private final Style style;
    private final StringBuilder held = new StringBuilder();
    private int tokenCount;
    private boolean isStopped;

    /**
     * What a token adds.
     *
     * @param text the text to hand out now, often empty
     * @param isStopped whether a stop string has ended the answer
     */
    public record Update(String text, boolean isStopped) {}

    /**
     * What is in the text beside what is ordinarily.
     *
     * @param showsStop whether the stop string that ends the answer is
     * @param shownSpecials the special tokens that are, by name
     * @param minTokens stop strings in the text of that many first tokens end nothing
     */
    public record Style(boolean showsStop, IntPredicate shownSpecials, int minTokens) {
        /** Nothing special. */
        public static final Style PLAIN = new Style(false, special -> false, 0);
    }

    /** An answer of plain style that has not begun. */
    public AnswerText(Tokenizer tokenizer, List<String> stops) {
        this(tokenizer, stops, Style.PLAIN);
    }

    /**
     * An answer that has not begun.
     *
     * @param stops strings that end it, none of them empty; unpaired surrogates in them count as U+FFFD, as in the text
     */
    public AnswerText(Tokenizer tokenizer, List<String> stops, Style style) {
        if (stops.stream().anyMatch(String::isEmpty)) {
            throw new IllegalArgumentException("A stop string must not be empty.");
        }
        this.style = style;
        this.decoder = new TextDecoder(tokenizer, style.shownSpecials());
        this.stops = new StopMatcher(stops.stream().map(AnswerText::wellFormed).toList());
    }

    /** What is in the text beside what is ordinarily. */
    public Style style() {
        return style;
    }

    /** Takes the next token; after a stop string nothing is added any more. */
    public Update accept(int token) {
        if (isStopped) {
            return new Update("", true);
        }
        String text = decoder.append(token);
        return ++tokenCount <= style.minTokens() ? new Update(text, false) : add(text);
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
                return new Update(release(held.length() - (style.showsStop() ? 0 : stopLength)), true);
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
