package dev.herd.safety;

/** Digits and signs that stand for letters. */
final class Leet {
    private static final String SIGNS = "0134578@$!|";
    private static final String LETTERS = "oieastbasil";
    private static final char[] TABLE = new char[128];

    static {
        for (char symbol = 0; symbol < TABLE.length; symbol++) {
            int sign = SIGNS.indexOf(symbol);
            TABLE[symbol] = sign < 0 ? symbol : LETTERS.charAt(sign);
        }
    }

    private Leet() {}

    /** Whether there is such a sign in a text. */
    static boolean occursIn(String text) {
        for (int i = 0; i < text.length(); i++) {
            char symbol = text.charAt(i);
            if (symbol < TABLE.length && TABLE[symbol] != symbol) {
                return true;
            }
        }
        return false;
    }

    /** The letter that an ASCII character stands for; often itself. */
    static int letter(int symbol) {
        return TABLE[symbol];
    }
}
