package dev.herd.grammar;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The strings of a schema. */
final class StringSyntax {
    /** A greater {@code maxLength} counts as this, a greater {@code minLength} is refused. */
    private static final int MOST_CHARACTERS = 10_000;

    private StringSyntax() {}

    static Node node(JsonSyntax json, Schema schema) {
        int least = schema.count("minLength", 0, MOST_CHARACTERS);
        int most = schema.cappedCount("maxLength", MOST_CHARACTERS);
        if (most != Node.UNBOUNDED && most < least) {
            throw schema.error(
                    "minLength", "The string needs at least " + least + " characters but may have " + most + ".");
        }
        List<Node> contents = new ArrayList<>();
        schema.string("pattern").ifPresent(pattern -> contents.add(pattern(schema, pattern)));
        schema.string("format").flatMap(format -> format(schema, format)).ifPresent(contents::add);
        boolean isBounded = least > 0 || most != Node.UNBOUNDED;
        if (contents.isEmpty()) {
            return isBounded ? json.string(least, most) : json.string();
        }
        if (isBounded) {
            contents.add(Node.repeat(CharSet.ALL.node(), least, most));
        }
        Node both = contents.stream().reduce(Node.Intersection::new).orElseThrow();
        return JsonSyntax.quoted(JsonEscapes.encode(both));
    }

    private static Node pattern(Schema schema, String pattern) {
        try {
            return RegexParser.somewhere(pattern);
        } catch (ConstraintException refused) {
            throw refused.under(schema.pathOf("pattern"));
        }
    }

    private static Optional<Node> format(Schema schema, String format) {
        if (format.equals("password")) {
            return Optional.empty(); // says how to show it, not what it is
        }
        return Optional.of(StringFormats.find(format)
                .orElseThrow(() -> schema.error(
                        "format",
                        "The format '" + format + "' is not supported; supported are "
                                + String.join(", ", StringFormats.names()) + ".")));
    }
}
