package dev.herd.api.openai;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/**
 * Something said or done in a conversation: a message, the call of a function, or what the call gave.
 *
 * @param type {@code message}, {@code function_call} or {@code function_call_output}
 * @param role who speaks, in a message
 * @param content what is said, in a message: a string or a list of parts
 * @param callId which call this is, or which one gave the output
 * @param arguments of the call, as JSON text
 * @param output of the call: a string or a list of parts
 */
@JsonNaming(SnakeCaseStrategy.class)
@JsonInclude(JsonInclude.Include.NON_NULL)
public record ResponseItem(
        @Nullable String id,
        @Nullable @Schema(examples = "message") String type,
        @Nullable String status,
        @Nullable String role,

        @Nullable
        @Schema(
                oneOf = {String.class, ResponsePart[].class},
                description = "A string, or a list of parts.")
        JsonNode content,

        @Nullable String callId,
        @Nullable String name,
        @Nullable String arguments,

        @Nullable
        @Schema(
                oneOf = {String.class, ResponsePart[].class},
                description = "A string, or a list of parts.")
        JsonNode output) {

    /**
     * A part of what is said.
     *
     * @param type {@code input_text}, {@code input_image}, {@code output_text} or {@code refusal}
     * @param imageUrl where a picture is, in {@code input_image}
     * @param annotations of an output text; always empty
     * @param logprobs of an output text; always empty
     */
    @JsonNaming(SnakeCaseStrategy.class)
    @JsonInclude(JsonInclude.Include.NON_NULL)
    @Schema(name = "ResponsePart")
    public record ResponsePart(
            @Nullable @Schema(examples = "input_text") String type,
            @Nullable String text,
            @Nullable String refusal,
            @Nullable String imageUrl,
            @Nullable String detail,
            @Nullable String fileId,

            @Nullable @Schema(type = org.eclipse.microprofile.openapi.annotations.enums.SchemaType.ARRAY)
            List<String> annotations,

            @Nullable @Schema(type = org.eclipse.microprofile.openapi.annotations.enums.SchemaType.ARRAY)
            List<String> logprobs) {
        /** What the model says. */
        public static ResponsePart output(String text) {
            return new ResponsePart("output_text", text, null, null, null, null, List.of(), List.of());
        }

        /** What is said instead of an answer. */
        public static ResponsePart refusing(String refusal) {
            return new ResponsePart("refusal", null, refusal, null, null, null, null, null);
        }
    }
}
