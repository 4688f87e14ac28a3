package dev.herd.guard;

import java.util.regex.Pattern;

/** Text whose words were torn apart so that no tokenizer sees them: {@code ig no re pre vious}. */
final class Fragments {
    private static final Pattern SPACE = Pattern.compile("\\s+");

    /** No language writes so short words for long. */
    private static final double SHORT_WORD = 3;

    private static final int FEWEST_WORDS = 4;

    private Fragments() {}

    /** The text without white space if it looks torn apart; otherwise as it is. */
    static String join(String text) {
        String[] words = SPACE.split(text.strip(), -1);
        int letters = 0;
        for (String word : words) {
            letters += word.length();
        }
        boolean isTorn = words.length >= FEWEST_WORDS && letters <= SHORT_WORD * words.length;
        return isTorn ? String.join("", words) : text;
    }
}
