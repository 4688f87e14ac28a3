package dev.herd.safety;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.DoubleNode;
import com.fasterxml.jackson.databind.node.IntNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * What a value of a policy may be, what it is when it is left out, and how two layers become one. Every shape knows the
 * value that demands least, so that a layer says nothing where it says nothing.
 */
sealed interface Shape permits Shape.Word, Shape.Numeric, Shape.Flag, Shape.Text, Shape.Texts, ObjectShape, ListShape {
    /** What a layer demands where it says nothing. */
    JsonNode lenient();

    /** The value when a policy leaves it out. */
    JsonNode otherwise();

    /** Checks a value and completes what it leaves out: with defaults, or for a layer with what demands least. */
    JsonNode read(JsonNode value, String pointer, boolean isLayer) throws PolicyException;

    /** The value that is at least as strict as both. */
    JsonNode merge(JsonNode own, JsonNode floor, String pointer) throws PolicyException;

    /** Which of two values survives where one must. */
    enum Prevails {
        /** The policy's own. */
        OWN,
        /** The floor's, unless it demands nothing. */
        FLOOR,
        /** The greater. */
        GREATER,
        /** The smaller. */
        SMALLER
    }

    /**
     * One of some words, from the most lenient to the strictest.
     *
     * @param least what demands nothing
     */
    record Word(List<String> words, String initial, String least, Prevails prevails) implements Shape {
        /** A word of which the stricter prevails. */
        static Word of(String initial, String... words) {
            return new Word(List.of(words), initial, words[0], Prevails.GREATER);
        }

        @Override
        public JsonNode lenient() {
            return TextNode.valueOf(least);
        }

        @Override
        public JsonNode otherwise() {
            return TextNode.valueOf(initial);
        }

        @Override
        public JsonNode read(JsonNode value, String pointer, boolean isLayer) throws PolicyException {
            if (!value.isTextual() || !words.contains(value.textValue())) {
                throw new PolicyException(pointer, "must be one of " + String.join(", ", words));
            }
            return value;
        }

        @Override
        public JsonNode merge(JsonNode own, JsonNode floor, String pointer) {
            boolean isFloorStricter = words.indexOf(floor.textValue()) > words.indexOf(own.textValue());
            return prevails == Prevails.GREATER && isFloorStricter ? floor : own;
        }
    }

    /** A number in a range, ends included. */
    record Numeric(double least, double most, double initial, boolean isWhole, Prevails prevails) implements Shape {
        @Override
        public JsonNode lenient() {
            return node(
                    switch (prevails) {
                        case SMALLER -> most;
                        case GREATER -> least;
                        case OWN, FLOOR -> initial;
                    });
        }

        @Override
        public JsonNode otherwise() {
            return node(initial);
        }

        @Override
        public JsonNode read(JsonNode value, String pointer, boolean isLayer) throws PolicyException {
            double number = value.doubleValue();
            if (!value.isNumber() || number < least || number > most || (isWhole && number != Math.rint(number))) {
                throw new PolicyException(
                        pointer,
                        "must be " + (isWhole ? "a whole number" : "a number") + " from "
                                + node(least).asText() + " to " + node(most).asText());
            }
            return node(number);
        }

        @Override
        public JsonNode merge(JsonNode own, JsonNode floor, String pointer) {
            return switch (prevails) {
                case OWN, FLOOR -> own;
                case SMALLER -> node(Math.min(own.doubleValue(), floor.doubleValue()));
                case GREATER -> node(Math.max(own.doubleValue(), floor.doubleValue()));
            };
        }

        private JsonNode node(double number) {
            return isWhole ? IntNode.valueOf((int) number) : DoubleNode.valueOf(number);
        }
    }

    /**
     * True or false.
     *
     * @param strict which of them is the stricter
     */
    record Flag(boolean initial, boolean strict) implements Shape {
        @Override
        public JsonNode lenient() {
            return BooleanNode.valueOf(!strict);
        }

        @Override
        public JsonNode otherwise() {
            return BooleanNode.valueOf(initial);
        }

        @Override
        public JsonNode read(JsonNode value, String pointer, boolean isLayer) throws PolicyException {
            if (!value.isBoolean()) {
                throw new PolicyException(pointer, "must be true or false");
            }
            return value;
        }

        @Override
        public JsonNode merge(JsonNode own, JsonNode floor, String pointer) {
            return own.booleanValue() == strict ? own : floor;
        }
    }

    /**
     * A text.
     *
     * @param pattern what all of it must match
     * @param rule the same in words, for the error
     */
    record Text(int mostChars, String initial, Pattern pattern, String rule, Prevails prevails) implements Shape {
        private static final Pattern ANY = Pattern.compile("(?s).*");

        /** Any text that is its policy's own affair. */
        static Text any(int mostChars, String initial) {
            return new Text(mostChars, initial, ANY, "", Prevails.OWN);
        }

        @Override
        public JsonNode lenient() {
            return TextNode.valueOf(initial);
        }

        @Override
        public JsonNode otherwise() {
            return TextNode.valueOf(initial);
        }

        @Override
        public JsonNode read(JsonNode value, String pointer, boolean isLayer) throws PolicyException {
            if (!value.isTextual() || value.textValue().length() > mostChars) {
                throw new PolicyException(pointer, "must be a string of at most " + mostChars + " characters");
            }
            if (!pattern.matcher(value.textValue()).matches()) {
                throw new PolicyException(pointer, "must be " + rule);
            }
            return value;
        }

        @Override
        public JsonNode merge(JsonNode own, JsonNode floor, String pointer) {
            return prevails == Prevails.FLOOR && !floor.equals(lenient()) ? floor : own;
        }
    }

    /**
     * Several texts in any order.
     *
     * @param isPermission whether each of them permits something, so that only what both layers name is left; a layer
     *     that names none permits all that the other does
     */
    record Texts(int mostItems, int mostChars, boolean isPermission) implements Shape {
        @Override
        public JsonNode lenient() {
            return isPermission ? MissingNode.getInstance() : JsonNodeFactory.instance.arrayNode();
        }

        @Override
        public JsonNode otherwise() {
            return JsonNodeFactory.instance.arrayNode();
        }

        @Override
        public JsonNode read(JsonNode value, String pointer, boolean isLayer) throws PolicyException {
            if (!value.isArray() || value.size() > mostItems) {
                throw new PolicyException(pointer, "must be a list of at most " + mostItems + " strings");
            }
            for (int i = 0; i < value.size(); i++) {
                JsonNode item = value.get(i);
                if (!item.isTextual()
                        || item.textValue().isEmpty()
                        || item.textValue().length() > mostChars) {
                    throw new PolicyException(
                            pointer + "/" + i, "must be a string of 1 to " + mostChars + " characters");
                }
            }
            return value;
        }

        @Override
        public JsonNode merge(JsonNode own, JsonNode floor, String pointer) {
            if (floor.isMissingNode() || own.isMissingNode()) {
                return own.isMissingNode() ? floor : own;
            }
            Set<JsonNode> merged = new LinkedHashSet<>();
            own.forEach(merged::add);
            if (isPermission) {
                Set<JsonNode> permitted = new LinkedHashSet<>();
                floor.forEach(permitted::add);
                merged.retainAll(permitted);
            } else {
                floor.forEach(merged::add);
            }
            ArrayNode list = JsonNodeFactory.instance.arrayNode();
            merged.forEach(list::add);
            return list;
        }
    }
}
