package dev.herd.weights;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;

/**
 * The fields of a JSON object; asking for a field as something that it is not is refused. A field that is {@code null}
 * counts as absent, save for {@link #isNull}.
 *
 * @param where the file, and the way to the object within it, as messages name it
 */
record JsonFields(String where, Json.Members members) {
    /** {@code FILE: field 'NAME' PROBLEM}. */
    CheckpointException error(String name, String problem) {
        return new CheckpointException(where + ": field '" + name + "' " + problem);
    }

    /** Whether there is such a field and it is {@code null}. */
    boolean isNull(String name) {
        return members.byName().get(name) instanceof Json.Null;
    }

    /** Whether there is such a field and it is not {@code null}. */
    boolean has(String name) {
        return members.byName().containsKey(name) && !isNull(name);
    }

    /** The object in a field, if there is one. */
    Optional<JsonFields> object(String name) {
        return switch (members.byName().get(name)) {
            case null -> Optional.empty();
            case Json.Null none -> Optional.empty();
            case Json.Members found -> Optional.of(new JsonFields(where + ": " + name, found));
            case Json other -> throw mistyped(name, other, "an object");
        };
    }

    /** The text in a field, if there is one. */
    Optional<String> text(String name) {
        return switch (members.byName().get(name)) {
            case null -> Optional.empty();
            case Json.Null none -> Optional.empty();
            case Json.Text text -> Optional.of(text.value());
            case Json other -> throw mistyped(name, other, "a text");
        };
    }

    /** The number in a field, if there is one. */
    OptionalDouble real(String name) {
        return switch (members.byName().get(name)) {
            case null -> OptionalDouble.empty();
            case Json.Null none -> OptionalDouble.empty();
            case Json.Numeral number when Double.isFinite(number.value()) -> OptionalDouble.of(number.value());
            case Json other -> throw mistyped(name, other, "a number");
        };
    }

    /** The number in a field, which must be there. */
    float requireReal(String name) {
        return (float) real(name).orElseThrow(() -> error(name, "is missing"));
    }

    /** The whole number in a field, if there is one, which must lie in {@code [min, max]}. */
    OptionalInt whole(String name, int min, int max) {
        OptionalDouble number = real(name);
        return number.isEmpty() ? OptionalInt.empty() : OptionalInt.of(inRange(name, number.getAsDouble(), min, max));
    }

    /** Whether a field is what Python calls true; {@code fallback} if it is absent, false if it is null. */
    boolean truthy(String name, boolean fallback) {
        return switch (members.byName().get(name)) {
            case null -> fallback;
            case Json.Null none -> false;
            case Json.Flag flag -> flag.value();
            case Json.Numeral number -> number.value() != 0;
            case Json other -> throw mistyped(name, other, "a truth value");
        };
    }

    /** The whole numbers in a field that is an array, if there is one; truth values count as 0 and 1. */
    Optional<List<Integer>> wholes(String name, int min, int max) {
        return elements(name).map(values -> {
            List<Integer> wholes = new ArrayList<>();
            for (Json value : values) {
                wholes.add(
                        switch (value) {
                            case Json.Numeral number -> inRange(name, number.value(), min, max);
                            case Json.Flag flag -> flag.value() ? 1 : 0;
                            default -> throw error(name, "has an element that is no whole number");
                        });
            }
            return wholes;
        });
    }

    /** The texts in a field that is an array, if there is one. */
    Optional<List<String>> texts(String name) {
        return elements(name).map(values -> {
            List<String> texts = new ArrayList<>();
            for (Json value : values) {
                if (!(value instanceof Json.Text text)) {
                    throw error(name, "has an element that is no text");
                }
                texts.add(text.value());
            }
            return texts;
        });
    }

    /** Whether a field holds an array. */
    boolean isArray(String name) {
        return members.byName().get(name) instanceof Json.Elements;
    }

    private Optional<List<Json>> elements(String name) {
        return switch (members.byName().get(name)) {
            case null -> Optional.empty();
            case Json.Null none -> Optional.empty();
            case Json.Elements elements -> Optional.of(elements.values());
            case Json other -> throw mistyped(name, other, "an array");
        };
    }

    private int inRange(String name, double value, int min, int max) {
        if (value != Math.rint(value)) {
            throw error(name, "is " + value + ", no whole number");
        }
        if (value < min || value > max) {
            throw error(name, "is " + Math.round(value) + ", not in " + min + ".." + max);
        }
        return (int) value;
    }

    private CheckpointException mistyped(String name, Json value, String expected) {
        String kind = switch (value) {
            case Json.Members members -> "an object";
            case Json.Elements elements -> "an array";
            case Json.Text text -> "a text";
            case Json.Numeral number -> "the number " + number.value();
            case Json.Flag flag -> "a truth value";
            case Json.Null none -> "null";
        };
        return error(name, "is " + kind + " instead of " + expected);
    }
}
