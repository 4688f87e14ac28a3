package dev.herd.safety;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.util.HashSet;
import java.util.Set;

/**
 * Objects that a field tells apart; both layers' together where two become one.
 *
 * @param key name of that field
 */
record ListShape(ObjectShape item, String key, int mostItems) implements Shape {
    @Override
    public JsonNode lenient() {
        return JsonNodeFactory.instance.arrayNode();
    }

    @Override
    public JsonNode otherwise() {
        return JsonNodeFactory.instance.arrayNode();
    }

    @Override
    public JsonNode read(JsonNode value, String pointer, boolean isLayer) throws PolicyException {
        if (!value.isArray() || value.size() > mostItems) {
            throw new PolicyException(pointer, "must be a list of at most " + mostItems + " objects");
        }
        ArrayNode list = JsonNodeFactory.instance.arrayNode();
        Set<JsonNode> keys = new HashSet<>();
        for (int i = 0; i < value.size(); i++) {
            // An item is stated or not; what it leaves out has its default in a layer, too.
            JsonNode read = item.read(value.get(i), pointer + "/" + i, false);
            if (!keys.add(read.get(key))) {
                throw new PolicyException(pointer + "/" + i + "/" + key, "occurs twice");
            }
            list.add(read);
        }
        return list;
    }

    @Override
    public JsonNode merge(JsonNode own, JsonNode floor, String pointer) throws PolicyException {
        ArrayNode merged = JsonNodeFactory.instance.arrayNode();
        Set<JsonNode> keys = new HashSet<>();
        for (int i = 0; i < floor.size(); i++) {
            merged.add(floor.get(i));
            keys.add(floor.get(i).get(key));
        }
        for (int i = 0; i < own.size(); i++) {
            JsonNode ownItem = own.get(i);
            if (!keys.add(ownItem.get(key))) {
                if (merged.valueStream().noneMatch(ownItem::equals)) {
                    throw new PolicyException(
                            pointer + "/" + i + "/" + key,
                            "'" + ownItem.get(key).asText() + "' is the platform's");
                }
            } else {
                merged.add(ownItem);
            }
        }
        return merged;
    }
}
