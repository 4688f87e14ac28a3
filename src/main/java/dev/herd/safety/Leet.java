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

    /** The letter that an ASCII character stands for; often itself. */
    static int letter(int symbol) {
        return TABLE[symbol];
    }
}
