package dev.herd.grammar;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.List;

/** Numbers between bounds, digit by digit and exact. */
final class NumberSyntax {
    /* A range of integers falls into ranges of one length, and those into products: what both bounds begin with, then
     * at the first difference a lower border, the digits between, and an upper border. A range of decimals is that of
     * their integer parts, with fractions that are at least, or at most, those of the bounds at the borders. */
    private static final int MOST_DIGITS = JsonSyntax.MOST_DIGITS;
    private static final BigInteger GREATEST = BigInteger.TEN.pow(MOST_DIGITS).subtract(BigInteger.ONE);

    private NumberSyntax() {}

    /** Bounds of a number; exclusive ones do not count themselves. */
    record Range(BigDecimal least, boolean isLeastExcluded, BigDecimal most, boolean isMostExcluded) {
        /** All numbers that are written. */
        static Range all() {
            return new Range(new BigDecimal(GREATEST.negate()), false, new BigDecimal(GREATEST), false);
        }

        Range atLeast(BigDecimal bound, boolean isExcluded) {
            int order = bound.compareTo(least);
            return order < 0 || (order == 0 && !isExcluded) ? this : new Range(bound, isExcluded, most, isMostExcluded);
        }

        Range atMost(BigDecimal bound, boolean isExcluded) {
            int order = bound.compareTo(most);
            return order > 0 || (order == 0 && !isExcluded)
                    ? this
                    : new Range(least, isLeastExcluded, bound, isExcluded);
        }

        private Range negated() {
            return new Range(most.negate(), isMostExcluded, least.negate(), isLeastExcluded);
        }

        private boolean isEmpty() {
            int order = least.compareTo(most);
            return order > 0 || (order == 0 && (isLeastExcluded || isMostExcluded));
        }

        BigInteger firstInteger() {
            BigInteger first = least.setScale(0, RoundingMode.CEILING).toBigInteger();
            return isLeastExcluded && new BigDecimal(first).compareTo(least) == 0 ? first.add(BigInteger.ONE) : first;
        }

        BigInteger lastInteger() {
            BigInteger last = most.setScale(0, RoundingMode.FLOOR).toBigInteger();
            return isMostExcluded && new BigDecimal(last).compareTo(most) == 0 ? last.subtract(BigInteger.ONE) : last;
        }
    }

    /** The integers of a range; {@link Node#NOTHING} if there are none. */
    static Node integers(Range range) {
        return integers(range.firstInteger(), range.lastInteger());
    }

    private static Node integers(BigInteger first, BigInteger last) {
        List<Node> options = new ArrayList<>();
        if (first.signum() < 0) {
            BigInteger negativeLast = last.min(BigInteger.ONE.negate());
            options.add(Node.sequence(Node.literal("-"), naturals(negativeLast.negate(), first.negate())));
        }
        options.add(naturals(first.max(BigInteger.ZERO), last));
        return new Node.Alternatives(options);
    }

    /** Integers that are not negative. */
    private static Node naturals(BigInteger first, BigInteger last) {
        List<Node> options = new ArrayList<>();
        BigInteger from = first;
        BigInteger end = last.min(GREATEST);
        while (from.compareTo(end) <= 0) {
            BigInteger lengthEnd = BigInteger.TEN
                    .pow(from.toString().length())
                    .subtract(BigInteger.ONE)
                    .min(end);
            options.add(between(from.toString(), lengthEnd.toString()));
            from = lengthEnd.add(BigInteger.ONE);
        }
        return new Node.Alternatives(options);
    }

    /** Digits from {@code low} to {@code high}, which are of one length. */
    private static Node between(String low, String high) {
        boolean isUnbounded =
                low.chars().allMatch(digit -> digit == '0') && high.chars().allMatch(digit -> digit == '9');
        if (isUnbounded) {
            return JsonSyntax.digits(low.length(), low.length());
        }
        char lowest = low.charAt(0);
        char highest = high.charAt(0);
        int rest = low.length() - 1;
        if (lowest == highest) {
            return Node.sequence(Node.literal(low.substring(0, 1)), between(low.substring(1), high.substring(1)));
        }
        List<Node> options = new ArrayList<>();
        options.add(Node.sequence(Node.literal(low.substring(0, 1)), between(low.substring(1), "9".repeat(rest))));
        if (highest - lowest > 1) {
            options.add(
                    Node.sequence(Node.bytes(ByteSet.range(lowest + 1, highest - 1)), JsonSyntax.digits(rest, rest)));
        }
        options.add(Node.sequence(Node.literal(high.substring(0, 1)), between("0".repeat(rest), high.substring(1))));
        return new Node.Alternatives(options);
    }

    /** The decimals of a range without exponent; {@link Node#NOTHING} if there are none. */
    static Node decimals(Range range) {
        List<Node> options = new ArrayList<>();
        Range negatives = range.negated().atLeast(BigDecimal.ZERO, true);
        if (!negatives.isEmpty()) {
            options.add(Node.sequence(Node.literal("-"), magnitudes(negatives)));
        }
        Range others = range.atLeast(BigDecimal.ZERO, false);
        if (!others.isEmpty()) {
            options.add(magnitudes(others));
        }
        return new Node.Alternatives(options);
    }

    /** Decimals of a range without negative ones. */
    private static Node magnitudes(Range range) {
        BigInteger first = range.least().setScale(0, RoundingMode.FLOOR).toBigInteger();
        BigInteger last =
                range.most().setScale(0, RoundingMode.FLOOR).toBigInteger().min(GREATEST);
        Node above = fractionsFrom(fraction(range.least()), range.isLeastExcluded());
        Node below = fractionsTo(fraction(range.most()), range.isMostExcluded());
        if (first.equals(last)) {
            return Node.sequence(Node.literal(first.toString()), new Node.Intersection(above, below));
        }
        Node any = Node.optional(Node.sequence(Node.literal("."), JsonSyntax.digits(1, MOST_DIGITS)));
        return Node.oneOf(
                Node.sequence(Node.literal(first.toString()), above),
                Node.sequence(naturals(first.add(BigInteger.ONE), last.subtract(BigInteger.ONE)), any),
                Node.sequence(Node.literal(last.toString()), below));
    }

    /** The digits behind the point, without zeros at the end. */
    private static String fraction(BigDecimal value) {
        String plain = value.stripTrailingZeros().toPlainString();
        int point = plain.indexOf('.');
        return point < 0 ? "" : plain.substring(point + 1);
    }

    /** A fraction, its point included, of at least 0.{@code digits}. */
    private static Node fractionsFrom(String digits, boolean isExcluded) {
        Node zeros = Node.repeat(Node.literal("0"), 0, MOST_DIGITS);
        Node more = Node.sequence(zeros, Node.bytes(ByteSet.range('1', '9')), JsonSyntax.digits(0, MOST_DIGITS));
        Node rest = isExcluded ? more : JsonSyntax.digits(digits.isEmpty() ? 1 : 0, MOST_DIGITS);
        for (int at = digits.length() - 1; at >= 0; at--) {
            Node same = Node.sequence(Node.literal(digits.substring(at, at + 1)), rest);
            Node greater =
                    Node.sequence(Node.bytes(greaterDigits(digits.charAt(at))), JsonSyntax.digits(0, MOST_DIGITS));
            rest = Node.oneOf(same, greater);
        }
        Node fraction = Node.sequence(Node.literal("."), rest);
        return digits.isEmpty() && !isExcluded ? Node.optional(fraction) : fraction;
    }

    /** A fraction, its point included, or none, of at most 0.{@code digits}. */
    private static Node fractionsTo(String digits, boolean isExcluded) {
        Node rest = isExcluded ? Node.NOTHING : Node.repeat(Node.literal("0"), digits.isEmpty() ? 1 : 0, MOST_DIGITS);
        for (int at = digits.length() - 1; at >= 0; at--) {
            Node same = Node.sequence(Node.literal(digits.substring(at, at + 1)), rest);
            Node less = Node.sequence(Node.bytes(lesserDigits(digits.charAt(at))), JsonSyntax.digits(0, MOST_DIGITS));
            Node shorter = at == 0 ? Node.NOTHING : Node.EMPTY; // the digits left out count as zeros
            rest = Node.oneOf(same, less, shorter);
        }
        Node fraction = Node.sequence(Node.literal("."), rest);
        boolean isNothingBelow = digits.isEmpty() && isExcluded;
        return isNothingBelow ? Node.NOTHING : Node.optional(fraction);
    }

    private static ByteSet greaterDigits(char digit) {
        return digit == '9' ? ByteSet.NONE : ByteSet.range(digit + 1, '9');
    }

    private static ByteSet lesserDigits(char digit) {
        return digit == '0' ? ByteSet.NONE : ByteSet.range('0', digit - 1);
    }

    /** Integers that are a multiple of {@code divisor}, from 1 to 1000, without regard to their size. */
    static Node multiplesOf(int divisor) {
        List<Node.Arc> arcs = new ArrayList<>();
        int start = divisor;
        int end = divisor + 1;
        for (int rest = 0; rest < divisor; rest++) {
            for (int digit = 0; digit <= 9; digit++) {
                Node read = Node.bytes(ByteSet.of('0' + digit));
                arcs.add(new Node.Arc(rest, read, (rest * 10 + digit) % divisor));
                if (rest == 0) {
                    arcs.add(new Node.Arc(start, read, digit % divisor));
                }
            }
        }
        arcs.add(new Node.Arc(0, Node.EMPTY, end));
        Node magnitude = new Node.Graph(divisor + 2, arcs, start, end);
        return Node.sequence(Node.optional(Node.literal("-")), magnitude);
    }
}
