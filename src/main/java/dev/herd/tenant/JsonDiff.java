package dev.herd.tenant;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Set;
import java.util.TreeSet;

/** What changes from one JSON value to another: an array of {@code {"path", "from", "to"}} with JSON pointers. */
final class JsonDiff {
    private JsonDiff() {}

    /** The differences; a missing node stands for nothing. */
    static ArrayNode between(JsonNode from, JsonNode to) {
        ArrayNode changes = Documents.JSON.createArrayNode();
        compare("", from, to, changes);
        return changes;
    }

    private static void compare(String path, JsonNode from, JsonNode to, ArrayNode changes) {
        if (from.equals(to)) {
            return;
        }
        if (from.isObject() && to.isObject()) {
            Set<String> names = new TreeSet<>();
            from.fieldNames().forEachRemaining(names::add);
            to.fieldNames().forEachRemaining(names::add);
            names.forEach(name -> compare(
                    path + "/" + name.replace("~", "~0").replace("/", "~1"), from.path(name), to.path(name), changes));
            return;
        }
        ObjectNode change = changes.addObject().put("path", path);
        if (!from.isMissingNode()) {
            change.set("from", from);
        }
        if (!to.isMissingNode()) {
            change.set("to", to);
        }
    }
}
