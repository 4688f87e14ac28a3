package dev.herd.guard;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Takes the power of a prompt's own marks from text that is only to be judged. */
final class NeutralText {
    /*
     * A line of "User:" in a text would be one more turn, and a harmless last one would be what is judged; so would a
     * second end of the conversation. A zero-width space makes them text. Names of special tokens need nothing: the
     * tokenizer never reads them out of text.
     */
    private static final Pattern MARK = Pattern.compile(
            "<(?=(?:BEGIN|END) (?:UNSAFE CONTENT CATEGORIES|CONVERSATION)>)"
                    + "|^[ \\t]*(?:User|Agent|Task)(?=[ \\t]*:)",
            Pattern.MULTILINE | Pattern.CASE_INSENSITIVE);
    private static final String ZERO_WIDTH_SPACE = "\u200B";

    private NeutralText() {}

    static String of(String text) {
        Matcher marks = MARK.matcher(text);
        return marks.replaceAll(mark -> Matcher.quoteReplacement(mark.group() + ZERO_WIDTH_SPACE));
    }
}
