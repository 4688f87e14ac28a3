package dev.herd.api;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.eclipse.microprofile.openapi.OASFactory;
import org.eclipse.microprofile.openapi.OASFilter;
import org.eclipse.microprofile.openapi.models.OpenAPI;
import org.eclipse.microprofile.openapi.models.Operation;
import org.eclipse.microprofile.openapi.models.PathItem;
import org.eclipse.microprofile.openapi.models.media.Schema;
import org.eclipse.microprofile.openapi.models.responses.APIResponse;

/**
 * Corrects what the annotations cannot say in the API's description. A union of JSON types becomes a schema without a
 * type, and its members an extension: client generators turn the standard form into code that does not compile.
 */
public final class OpenApiRules implements OASFilter {
    /** Lists the members of a union as JSON schemas. */
    static final String UNION = "x-one-of";

    /** What stands for any JSON, and would become a class of a client. */
    private static final String ANYTHING = "JsonNode";

    /** What can be answered instead of an answer. */
    private static final Map<String, String> ERRORS = Map.of(
            "400", "The request is malformed, too long, or asks for what is not supported.",
            "404", "There is no such model or response.",
            "413", "The body is too large.",
            "415", "The body is not application/json.",
            "429", "Too many requests are waiting; Retry-After says when to come back.",
            "503", "The model is being loaded, or the server shuts down.");

    /** What else the endpoints of a server with tenants answer. */
    private static final Map<String, String> ACCESS_ERRORS = Map.of(
            "401", "The key or token is missing or not valid; only where there are tenants.",
            "403", "The key or token is not for this.");

    /** What else the admin API answers to a change. */
    private static final Map<String, String> CHANGE_ERRORS = Map.of(
            "409", "It exists already, or is in use.",
            "412", "It has changed since it was read.",
            "428", "The request does not say which state it is based on.");

    private static final String ADMIN = "/admin/";

    private static final Set<String> BODY_ERRORS = Set.of("400", "413", "415", "429");

    @Override
    public void filterOpenAPI(OpenAPI document) {
        document.getComponents().getSchemas().values().forEach(OpenApiRules::visit);
        AnswerFormFields.describe(document);
        letFirstTokenHaveNoScore(member(document.getComponents().getSchemas(), "CompletionLogProbs"));
        document.getComponents().removeSchema(ANYTHING);
        document.getComponents().removeSchema(ANYTHING + "Type");
        document.getPaths()
                .getPathItems()
                .forEach((path, item) ->
                        item.getOperations().forEach((method, operation) -> addErrors(path, method, operation)));
    }

    /** Annotations cannot say that an element of a list may be null. */
    private static void letFirstTokenHaveNoScore(Schema scores) {
        for (String list : List.of("token_logprobs", "top_logprobs")) {
            member(scores.getProperties(), list).getItems().addType(Schema.SchemaType.NULL);
        }
    }

    private static Schema member(Map<String, Schema> schemas, String name) {
        Schema schema = schemas.get(name);
        if (schema == null) {
            throw new IllegalStateException("the document has no schema " + name);
        }
        return schema;
    }

    private static void addErrors(String path, PathItem.HttpMethod method, Operation operation) {
        boolean hasBody = operation.getRequestBody() != null;
        new TreeMap<>(ERRORS).forEach((status, description) -> {
            if (hasBody || !BODY_ERRORS.contains(status)) {
                addError(operation, status, description);
            }
        });
        if (!path.startsWith("/q/")) {
            new TreeMap<>(ACCESS_ERRORS).forEach((status, description) -> addError(operation, status, description));
        }
        if (path.startsWith(ADMIN) && method != PathItem.HttpMethod.GET) {
            new TreeMap<>(CHANGE_ERRORS).forEach((status, description) -> addError(operation, status, description));
        }
    }

    private static void addError(Operation operation, String status, String description) {
        if (!operation.getResponses().hasAPIResponse(status)) {
            operation.getResponses().addAPIResponse(status, error(description));
        }
    }

    private static APIResponse error(String description) {
        Schema body = OASFactory.createSchema().ref("#/components/schemas/ErrorBody");
        return OASFactory.createAPIResponse()
                .description(description)
                .content(OASFactory.createContent()
                        .addMediaType(
                                "application/json", OASFactory.createMediaType().schema(body)));
    }

    private static void visit(Schema schema) {
        if (schema.getRef() != null && schema.getRef().endsWith("/" + ANYTHING)) {
            schema.setRef(null);
        }
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
