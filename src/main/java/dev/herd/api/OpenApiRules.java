package dev.herd.api;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.eclipse.microprofile.openapi.OASFilter;
import org.eclipse.microprofile.openapi.models.OpenAPI;
import org.eclipse.microprofile.openapi.models.media.Schema;

/**
 * Corrects what the annotations cannot say in the API's description. A union of JSON types becomes a schema without a
 * type, and its members an extension: client generators turn the standard form into code that does not compile.
 */
public final class OpenApiRules implements OASFilter {
    /** Lists the members of a union as JSON schemas. */
    static final String UNION = "x-one-of";

    @Override
    public void filterOpenAPI(OpenAPI document) {
        document.getComponents().getSchemas().values().forEach(OpenApiRules::visit);
    }

    private static void visit(Schema schema) {
        if (schema.getOneOf() != null) {
            schema.addExtension(
                    UNION, schema.getOneOf().stream().map(OpenApiRules::plain).toList());
            schema.setOneOf(null);
            schema.setType(null);
        }
        if (schema.getProperties() != null) {
            schema.getProperties().values().forEach(OpenApiRules::visit);
        }
        if (schema.getItems() != null) {
            visit(schema.getItems());
        }
    }

    private static Map<String, Object> plain(Schema schema) {
        Map<String, Object> plain = new LinkedHashMap<>();
        if (schema.getRef() != null) {
            plain.put("$ref", schema.getRef());
            return plain;
        }
        List<Schema.SchemaType> types = schema.getType() == null ? List.of() : schema.getType();
        if (types.size() == 1) {
            plain.put("type", types.getFirst().toString());
        } else if (!types.isEmpty()) {
            plain.put(
                    "type", new ArrayList<>(types.stream().map(Object::toString).toList()));
        }
        if (schema.getItems() != null) {
            plain.put("items", plain(schema.getItems()));
        }
        return plain;
    }
}
