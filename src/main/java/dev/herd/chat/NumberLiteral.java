package dev.herd.chat;

import java.math.BigInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Python's and JSON's ways to write a number. */
final class NumberLiteral {
    private static final Pattern RADIX = Pattern.compile("([+-]?)0([xob])_?([0-9a-f]+(?:_[0-9a-f]+)*)");
    private static final Pattern DECIMAL =
            Pattern.compile("([+-]?)((?:0|[1-9]\\d*(?:_\\d+)*)?)(\\.(?:\\d+(?:_\\d+)*)?)?(e[+-]?\\d+(?:_\\d+)*)?");

    private NumberLiteral() {}

    /** The number as JSON writes it; empty if {@code word}, in lower case, is none. */
    static String json(String word) {
        Matcher radix = RADIX.matcher(word);
        if (radix.matches()) {
            return integer(radix.group(1), radix.group(2).charAt(0), radix.group(3));
        }
        Matcher decimal = DECIMAL.matcher(word);
        return decimal.matches() ? decimal(decimal) : "";
    }

    private static String integer(String sign, char radix, String digits) {
        int base = radix == 'x' ? 16 : radix == 'o' ? 8 : 2;
        try {
            return minus(sign) + new BigInteger(digits.replace("_", ""), base);
        } catch (NumberFormatException notOfThisBase) {
            return "";
        }
    }

    private static String decimal(Matcher number) {
        String whole = number.group(2).replace("_", "");
        String fraction = number.group(3) == null ? "" : number.group(3).replace("_", "");
        if (whole.isEmpty() && fraction.length() < 2) {
            return "";
        }
        String exponent = number.group(4) == null ? "" : number.group(4).replace("_", "");
        return minus(number.group(1))
                + (whole.isEmpty() ? "0" : whole)
                + (fraction.equals(".") ? ".0" : fraction)
                + exponent;
    }

    private static String minus(String sign) {
        return sign.equals("-") ? "-" : "";
    }
}
