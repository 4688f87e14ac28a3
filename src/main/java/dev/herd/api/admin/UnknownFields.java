package dev.herd.api.admin;

import com.fasterxml.jackson.databind.JsonNode;
import dev.herd.api.openai.ApiException;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Refuses what nobody knows: a misspelt limit would be no limit. */
final class UnknownFields {
    private UnknownFields() {}

    /** @param prefix what stands before the names, such as {@code limits.} */
    static void refuse(String prefix, @Nullable Map<String, JsonNode> others) {
        if (others != null && !others.isEmpty()) {
            String name = prefix + others.keySet().iterator().next();
            throw ApiException.invalidRequest(400, "There is no field '" + name + "'.", name, "unknown_field");
        }
    }
}
