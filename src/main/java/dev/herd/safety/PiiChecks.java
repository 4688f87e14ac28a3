package dev.herd.safety;

import static dev.herd.safety.ScanRule.Check.REFUSED;

import java.util.Map;

/** Check digits and other rules that tell personal data from what only looks like it. Each looks at a match once. */
final class PiiChecks {
    private static final int[] NO_DIGITS = {};

    /** Characters of an account number by country; other countries have 15 to 34. */
    private static final Map<String, Integer> IBAN_LENGTHS = Map.ofEntries(
            Map.entry("AT", 20),
            Map.entry("BE", 16),
            Map.entry("BG", 22),
            Map.entry("CH", 21),
            Map.entry("CY", 28),
            Map.entry("CZ", 24),
            Map.entry("DE", 22),
            Map.entry("DK", 18),
            Map.entry("EE", 20),
            Map.entry("ES", 24),
            Map.entry("FI", 18),
            Map.entry("FR", 27),
            Map.entry("GB", 22),
            Map.entry("GR", 27),
            Map.entry("HR", 21),
            Map.entry("HU", 28),
            Map.entry("IE", 22),
            Map.entry("IS", 26),
            Map.entry("IT", 27),
            Map.entry("LI", 21),
            Map.entry("LT", 20),
            Map.entry("LU", 20),
            Map.entry("LV", 21),
            Map.entry("MC", 27),
            Map.entry("MT", 31),
            Map.entry("NL", 18),
            Map.entry("NO", 15),
            Map.entry("PL", 28),
            Map.entry("PT", 25),
            Map.entry("RO", 24),
            Map.entry("SE", 24),
            Map.entry("SI", 19),
            Map.entry("SK", 24),
            Map.entry("SM", 27),
            Map.entry("TR", 26));

    private PiiChecks() {}

    /** A card number at the end of a row of groups of digits. */
    static int card(CharSequence text, int start, int end) {
        for (int from = start; from < end; from++) {
            boolean isGroupStart = from == start || !isAlphanumeric(text.charAt(from - 1));
            if (isGroupStart && isAlphanumeric(text.charAt(from)) && isCard(text, from, end)) {
                return from;
            }
        }
        return REFUSED;
    }

    private static boolean isCard(CharSequence text, int start, int end) {
        int[] digits = digits(text, start, end);
        return digits.length >= 13
                && digits.length <= 19
                && isGroupedAsCard(text, start, end)
                && hasIssuer(digits)
                && passesLuhn(digits);
    }

    /** Ungrouped, in fours with a shorter rest, or 4-6-5 and 4-6-4. */
    private static boolean isGroupedAsCard(CharSequence text, int start, int end) {
        StringBuilder groups = new StringBuilder();
        int length = 0;
        for (int i = start; i < end; i++) {
            if (isAlphanumeric(text.charAt(i))) {
                length++;
            } else {
                groups.append(length).append('-');
                length = 0;
            }
        }
        groups.append(length);
        return groups.toString().matches("\\d+|4-4-4-[1-4]|4-4-4-4-[1-3]|4-6-[45]");
    }

    /** Visa, Mastercard, American Express, Discover, Diners, JCB, UnionPay, Maestro, Mir, RuPay and Troy. */
    private static boolean hasIssuer(int[] digits) {
        int two = digits[0] * 10 + digits[1];
        int four = two * 100 + digits[2] * 10 + digits[3];
        return digits[0] == 4
                || (two >= 51 && two <= 55)
                || (four >= 2200 && four <= 2720)
                || (two >= 34 && two <= 39)
                || (four >= 3000 && four <= 3059)
                || two == 50
                || (two >= 56 && two <= 69)
                || two == 81
                || four == 9792;
    }

    /** Luhn's check digit. */
    static boolean passesLuhn(int[] digits) {
        int sum = 0;
        for (int i = 0; i < digits.length; i++) {
            int digit = digits[digits.length - 1 - i];
            int doubled = digit * 2;
            sum += i % 2 == 0 ? digit : doubled > 9 ? doubled - 9 : doubled;
        }
        return sum % 10 == 0;
    }

    /** An account number at the end of a row of groups. */
    static int iban(CharSequence text, int start, int end) {
        for (int from = start; from + 4 < end; from++) {
            boolean isGroupStart = from == start || text.charAt(from - 1) == ' ';
            if (isGroupStart && isIban(text, from, end)) {
                return from;
            }
        }
        return REFUSED;
    }

    private static boolean isIban(CharSequence text, int start, int end) {
        StringBuilder plain = new StringBuilder();
        for (int i = start; i < end; i++) {
            if (text.charAt(i) != ' ') {
                plain.append(text.charAt(i));
            }
        }
        String iban = plain.toString();
        if (!iban.matches("[A-Z]{2}\\d{2}[A-Z0-9]{11,30}")) {
            return false;
        }
        Integer length = IBAN_LENGTHS.get(iban.substring(0, 2));
        return (length == null || length == iban.length()) && remainder(iban.substring(4) + iban.substring(0, 4)) == 1;
    }

    /** Modulo 97, letters counted from 10. */
    private static int remainder(String rearranged) {
        int remainder = 0;
        for (int i = 0; i < rearranged.length(); i++) {
            int value = Character.digit(rearranged.charAt(i), 36);
            remainder = (remainder * (value > 9 ? 100 : 10) + value) % 97;
        }
        return remainder;
    }

    static int socialSecurityNumber(CharSequence text, int start, int end) {
        int[] digits = digits(text, start, end);
        if (digits.length != 9 || text.charAt(start + 3) != text.charAt(start + 6)) {
            return REFUSED;
        }
        int area = digits[0] * 100 + digits[1] * 10 + digits[2];
        int group = digits[3] * 10 + digits[4];
        int serial = digits[5] * 1000 + digits[6] * 100 + digits[7] * 10 + digits[8];
        return area == 0 || area == 666 || area >= 900 || group == 0 || serial == 0 ? REFUSED : start;
    }

    static int ipv4(CharSequence text, int start, int end) {
        int value = 0;
        for (int i = start; i < end; i++) {
            int digit = Character.digit(text.charAt(i), 10);
            value = digit < 0 ? 0 : value * 10 + digit;
            if (value > 255) {
                return REFUSED;
            }
        }
        return start;
    }

    /** Eight groups, or fewer with one gap; times of day and paths of modules are none. */
    static int ipv6(CharSequence text, int start, int end) {
        String address = text.subSequence(start, end).toString();
        int gap = address.indexOf("::");
        String[] groups = address.split(":", -1);
        long filled = java.util.Arrays.stream(groups)
                .filter(group -> !group.isEmpty())
                .count();
        boolean isWhole = gap < 0 && groups.length == 8 && filled == 8;
        boolean isShortened = gap >= 0
                && address.indexOf("::", gap + 1) < 0
                && !address.endsWith(":") == !address.endsWith("::")
                && filled >= 2
                && filled < 8;
        return isWhole || isShortened ? start : REFUSED;
    }

    /** Name and password, with the sign behind them. */
    static int urlCredentials(CharSequence text, int start, int end) {
        for (int i = start; i + 2 < end; i++) {
            if (text.charAt(i) == ':' && text.charAt(i + 1) == '/' && text.charAt(i + 2) == '/') {
                return i + 3;
            }
        }
        return REFUSED;
    }

    private static int[] digits(CharSequence text, int start, int end) {
        int count = 0;
        for (int i = start; i < end; i++) {
            count += Character.isDigit(text.charAt(i)) ? 1 : 0;
        }
        if (count < 9) {
            return NO_DIGITS;
        }
        int[] digits = new int[count];
        int at = 0;
        for (int i = start; i < end; i++) {
            if (Character.isDigit(text.charAt(i))) {
                digits[at++] = Character.digit(text.charAt(i), 10);
            }
        }
        return digits;
    }

    private static boolean isAlphanumeric(char symbol) {
        return Character.isLetterOrDigit(symbol);
    }
}
