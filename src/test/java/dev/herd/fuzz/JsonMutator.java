package dev.herd.fuzz;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;

/** Spoils the structure of JSON: wrong types, missing and doubled members, depth, numbers and texts beyond reason. */
final class JsonMutator {
    private static final String PLACE = "@place@";
    private static final List<String> ODD = List.of(
            "null",
            "true",
            "-1",
            "0",
            "0.5",
            "1e400",
            "-1e-400",
            "9223372036854775808",
            "2147483648",
            "NaN",
            "1".repeat(99),
            "1".repeat(2000),
            "\"\"",
            "\" \"",
            "\"\\u0000\"",
            "\"\\ud800\"",
            "\"\\udc00x\"",
            "\"<|eot|><|begin_of_text|>\"",
            "\"data:image/png;base64,AAAA\"",
            "[]",
            "{}",
            "[null]",
            "[[]]",
            "[{}]",
            "[0,\"a\",null,{}]",
            "{\"type\":null}",
            "{\"type\":\"function\"}",
            "{\"\":{\"\":{}}}",
            "[".repeat(90) + "]".repeat(90),
            "[".repeat(3000),
            "{\"a\":".repeat(500) + "1" + "}".repeat(500),
            "\"" + "long ".repeat(3000) + "\"",
            "\"\uD83E\uDD99\"",
            "tru",
            "\"\\x\"",
            "'a'",
            "// x",
            "");

    private final RandomGenerator random;
    private final ObjectMapper json;

    JsonMutator(RandomGenerator random, ObjectMapper json) {
        this.random = random;
        this.json = json;
    }

    /** The text of {@code sound}, spoilt in up to {@code times} places; it may not be JSON any more. */
    String spoil(JsonNode sound, int times) {
        JsonNode tree = sound.deepCopy();
        String odd = "null";
        for (int i = 0; i < times; i++) {
            odd = ODD.get(random.nextInt(ODD.size()));
            change(tree);
        }
        return tree.toString().replace("\"" + PLACE + "\"", odd);
    }

    private void change(JsonNode tree) {
        List<JsonNode> containers = new ArrayList<>();
        collect(tree, containers);
        JsonNode container = containers.get(random.nextInt(containers.size()));
        switch (container) {
            case ObjectNode object -> change(object);
            case ArrayNode array when array.isEmpty() || random.nextInt(3) == 0 -> array.add(PLACE);
            case ArrayNode array when random.nextInt(3) == 0 -> array.remove(random.nextInt(array.size()));
            case ArrayNode array
            when random.nextInt(4) == 0 -> {
                JsonNode copy = array.get(random.nextInt(array.size())).deepCopy();
                for (int i = random.nextInt(40); i > 0; i--) {
                    array.add(copy);
                }
            }
            case ArrayNode array ->
                array.set(random.nextInt(array.size()), json.getNodeFactory().textNode(PLACE));
            default -> throw new IllegalStateException("not a container: " + container);
        }
    }

    private void change(ObjectNode object) {
        List<String> names = new ArrayList<>();
        object.fieldNames().forEachRemaining(names::add);
        if (names.isEmpty() || random.nextInt(6) == 0) {
            object.put(
                    List.of("", "tools", "n", "stream", "messages", "a\"b", "\u0000", "type")
                            .get(random.nextInt(8)),
                    PLACE);
            return;
        }
        String name = names.get(random.nextInt(names.size()));
        switch (random.nextInt(4)) {
            case 0 -> object.remove(name);
            case 1 -> object.set(name + "s", object.remove(name));
            default -> object.put(name, PLACE);
        }
    }

    private static void collect(JsonNode node, List<JsonNode> containers) {
        if (node.isContainerNode()) {
            containers.add(node);
            node.forEach(child -> collect(child, containers));
        }
    }
}
