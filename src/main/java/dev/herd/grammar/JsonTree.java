package dev.herd.grammar;

import java.math.BigDecimal;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A JSON value. Members keep their order. */
sealed interface JsonTree {
    /** Of an object. */
    record Obj(Map<String, JsonTree> members) implements JsonTree {
        public Obj {
            members = Collections.unmodifiableMap(new LinkedHashMap<>(members));
        }

        @Nullable
        JsonTree get(String name) {
            return members.get(name);
        }

        boolean has(String name) {
            return members.containsKey(name);
        }
    }

    /** Of an array. */
    record Arr(List<JsonTree> elements) implements JsonTree {
        public Arr {
            elements = List.copyOf(elements);
        }
    }

    /** Of a string. */
    record Str(String value) implements JsonTree {}

    /** Of a number; two are equal if their values are. */
    record Num(BigDecimal value) implements JsonTree {
        public Num {
            value = value.signum() == 0 ? BigDecimal.ZERO : value.stripTrailingZeros();
        }

        boolean isInteger() {
            return value.scale() <= 0;
        }
    }

    /** {@code true} or {@code false}. */
    record Bool(boolean value) implements JsonTree {}

    /** {@code null}. */
    record Null() implements JsonTree {}

    /** The value as JSON without white space. */
    static String text(JsonTree value) {
        StringBuilder text = new StringBuilder();
        append(value, text);
        return text.toString();
    }

    private static void append(JsonTree value, StringBuilder text) {
        switch (value) {
            case Obj(Map<String, JsonTree> members) -> {
                char before = '{';
                for (Map.Entry<String, JsonTree> member : members.entrySet()) {
                    text.append(before);
                    append(new Str(member.getKey()), text);
                    text.append(':');
                    append(member.getValue(), text);
                    before = ',';
                }
                text.append(members.isEmpty() ? "{}" : "}");
            }
            case Arr(List<JsonTree> elements) -> {
                char before = '[';
                for (JsonTree element : elements) {
                    text.append(before);
                    append(element, text);
                    before = ',';
                }
                text.append(elements.isEmpty() ? "[]" : "]");
            }
            case Str(String string) -> appendString(string, text);
            case Num number ->
                text.append(
                        number.isInteger() && number.value().scale() > -20
                                ? number.value().toPlainString()
                                : number.value().toString());
            case Bool(boolean bool) -> text.append(bool);
            case Null() -> text.append("null");
        }
    }

    private static void appendString(String string, StringBuilder text) {
        text.append('"');
        for (int at = 0; at < string.length(); at++) {
            char character = string.charAt(at);
            String escape = JsonEscapes.of(character);
            if (escape.isEmpty()) {
                text.append(character);
            } else {
                text.append(escape);
            }
        }
        text.append('"');
    }
}
