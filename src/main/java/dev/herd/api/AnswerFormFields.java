package dev.herd.api;

import java.util.List;
import java.util.Map;
import org.eclipse.microprofile.openapi.OASFactory;
import org.eclipse.microprofile.openapi.models.OpenAPI;
import org.eclipse.microprofile.openapi.models.media.Schema;
import org.eclipse.microprofile.openapi.models.media.Schema.SchemaType;

/** Describes the fields that say what an answer must look like, which are read outside the request's class. */
final class AnswerFormFields {
    private static final List<String> REQUESTS = List.of("ChatCompletionRequest", "CompletionRequest");

    private AnswerFormFields() {}

    /** Adds them to the requests that have them. */
    static void describe(OpenAPI document) {
        for (String request : REQUESTS) {
            Schema schema = document.getComponents().getSchemas().get(request);
            if (schema != null) {
                addTo(schema);
            }
        }
    }

    private static void addTo(Schema request) {
        request.addProperty(
                "response_format",
                object("What the answer must look like: {\"type\":\"text\"}, {\"type\":\"json_object\"}, or "
                                + "{\"type\":\"json_schema\",\"json_schema\":{\"name\":…,\"schema\":…}}.")
                        .required(List.of("type"))
                        .properties(Map.of("type", string("text, json_object or json_schema."))));
        request.addProperty(
                "structured_outputs",
                object("Extension: exactly one of json, regex, choice, grammar and json_object; with "
                        + "disable_any_whitespace, JSON has no white space."));
        request.addProperty("guided_json", any("Extension: a JSON schema, or one in a string."));
        request.addProperty("guided_regex", string("Extension: a regular expression for the whole answer."));
        request.addProperty(
                "guided_choice",
                OASFactory.createSchema()
                        .addType(SchemaType.ARRAY)
                        .addType(SchemaType.NULL) // else generated clients send an empty list
                        .minItems(1)
                        .items(OASFactory.createSchema().addType(SchemaType.STRING))
                        .description("Extension: the answer is one of these."));
        request.addProperty("guided_grammar", string("Extension: a grammar in llama.cpp's notation."));
        request.addProperty("grammar", string("Extension: a grammar in llama.cpp's notation."));
        request.addProperty("json_schema", object("Extension: a JSON schema."));
    }

    private static Schema object(String description) {
        return any(description).addType(SchemaType.OBJECT);
    }

    private static Schema string(String description) {
        return any(description).addType(SchemaType.STRING);
    }

    private static Schema any(String description) {
        return OASFactory.createSchema().description(description);
    }
}
