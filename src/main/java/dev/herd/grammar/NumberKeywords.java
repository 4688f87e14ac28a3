package dev.herd.grammar;

import dev.herd.grammar.NumberSyntax.Range;
import java.math.BigDecimal;
import java.util.List;

/** The numbers of a schema. */
final class NumberKeywords {
    private static final int MOST_DIVISOR = 1_000;
    private static final List<String> BOUNDS =
            List.of("minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum", "multipleOf");

    private NumberKeywords() {}

    static Node node(JsonSyntax json, Schema schema, boolean isInteger) {
        String format = isInteger ? schema.string("format").orElse("") : "";
        boolean isSized = format.equals("int32") || format.equals("int64");
        if (!isSized && BOUNDS.stream().noneMatch(schema::has)) {
            return isInteger ? JsonSyntax.anyInteger() : json.number();
        }
        Range range = range(schema, format);
        if (schema.has("multipleOf")) {
            Node multiples = NumberSyntax.multiplesOf(divisor(schema));
            return new Node.Intersection(NumberSyntax.integers(range), multiples);
        }
        return isInteger ? NumberSyntax.integers(range) : NumberSyntax.decimals(range);
    }

    private static Range range(Schema schema, String format) {
        Range range = Range.all();
        if (format.equals("int32")) {
            range = range.atLeast(BigDecimal.valueOf(Integer.MIN_VALUE), false)
                    .atMost(BigDecimal.valueOf(Integer.MAX_VALUE), false);
        }
        if (schema.has("minimum")) {
            range = range.atLeast(schema.number("minimum").orElseThrow(), false);
        }
        if (schema.has("exclusiveMinimum")) {
            range = range.atLeast(schema.number("exclusiveMinimum").orElseThrow(), true);
        }
        if (schema.has("maximum")) {
            range = range.atMost(schema.number("maximum").orElseThrow(), false);
        }
        if (schema.has("exclusiveMaximum")) {
            range = range.atMost(schema.number("exclusiveMaximum").orElseThrow(), true);
        }
        return range;
    }

    private static int divisor(Schema schema) {
        BigDecimal divisor = schema.number("multipleOf").orElseThrow();
        boolean isSupported = divisor.signum() > 0
                && divisor.stripTrailingZeros().scale() <= 0
                && divisor.compareTo(BigDecimal.valueOf(MOST_DIVISOR)) <= 0;
        if (!isSupported) {
            throw schema.error(
                    "multipleOf", "'multipleOf' is supported for integers from 1 to " + MOST_DIVISOR + " only.");
        }
        return divisor.intValueExact();
    }
}
