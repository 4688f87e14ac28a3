package dev.herd.safety;

/** Digits and signs that stand for letters. */
final class Leet {
    private static final String SIGNS = "0134578@$!|";
    private static final String LETTERS = "oieastbasil";

    private Leet() {}

    /** The text with letters for them; each character keeps its place. */
    static String plain(String text) {
        StringBuilder plain = new StringBuilder(text);
        for (int i = 0; i < plain.length(); i++) {
            int sign = SIGNS.indexOf(plain.charAt(i));
            if (sign >= 0) {
                plain.setCharAt(i, LETTERS.charAt(sign));
            }
        }
        return plain.toString();
    }
}
