package dev.herd.api.openai;

import com.fasterxml.jackson.annotation.JsonAnySetter;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import jakarta.validation.Valid;
import jakarta.validation.constraints.DecimalMax;
import jakarta.validation.constraints.DecimalMin;
import jakarta.validation.constraints.NotBlank;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Positive;
import jakarta.validation.constraints.Size;
import java.util.List;
import java.util.Map;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/**
 * Body of {@code POST /v1/responses}. Every other field is in {@code others}: {@link FieldRules#RESPONSE} judges those
 * that only this request has, the rules of the chat request all the rest.
 *
 * @param input what the user says: a string, or items
 * @param instructions what the system says; not kept for the next turn
 * @param store whether the response can be asked for again and be gone on with; default: true
 * @param previousResponseId the turn before this one
 * @param background whether the answer is to be generated while the client is not waiting
 */
@JsonNaming(SnakeCaseStrategy.class)
public record ResponseRequest(
        @Schema(description = "Name of the served model, as /v1/models lists it.") @NotBlank
        String model,

        @NotNull
        @Schema(
                oneOf = {String.class, ResponseItem[].class},
                description = "What the user says: a string, or a list of items.")
        JsonNode input,

        @Nullable @Schema(description = "What the system says; not kept for the next turn.")
        String instructions,

        @Nullable @Positive Integer maxOutputTokens,
        @Nullable @DecimalMin("0") @DecimalMax("2") Double temperature,
        @Nullable @DecimalMin("0") @DecimalMax("1") Double topP,
        @Nullable Boolean stream,

        @Nullable @Schema(defaultValue = "true", description = "Whether the response can be asked for again.")
        Boolean store,

        @Nullable @Schema(description = "The turn before this one; it must be stored.")
        String previousResponseId,

        @Nullable @Schema(description = "Answers at once and generates meanwhile; needs store, not with stream.")
        Boolean background,

        @Nullable @Size(max = 16) Map<@Size(max = 64) String, @NotNull @Size(max = 512) String> metadata,
        @Nullable @Valid TextConfig text,
        @Nullable List<@NotNull @Valid ResponseTool> tools,

        @Nullable
        @Schema(
                oneOf = {String.class, ResponseTool.class},
                description = "auto, none, required, or a function by name.")
        JsonNode toolChoice,

        @Nullable Boolean parallelToolCalls,
        @JsonAnySetter @Nullable @Schema(hidden = true) Map<String, JsonNode> others) {

    /** Whether the answer is to be streamed. */
    public boolean wantsStream() {
        return Boolean.TRUE.equals(stream);
    }

    /** Whether the response is to be kept. */
    public boolean wantsStore() {
        return !Boolean.FALSE.equals(store);
    }

    /** Whether the client does not wait for the answer. */
    public boolean wantsBackground() {
        return Boolean.TRUE.equals(background);
    }

    /**
     * What the text is to look like.
     *
     * @param format plain text, any JSON, or JSON by a schema
     */
    @Schema(name = "ResponseTextConfig")
    public record TextConfig(@Nullable @Valid TextFormat format) {}

    /**
     * A form of text.
     *
     * @param type {@code text}, {@code json_object} or {@code json_schema}
     * @param schema a JSON schema
     */
    @com.fasterxml.jackson.annotation.JsonInclude(com.fasterxml.jackson.annotation.JsonInclude.Include.NON_NULL)
    @Schema(name = "ResponseTextFormat")
    public record TextFormat(
            @NotNull @Schema(examples = "text") String type,
            @Nullable String name,
            @Nullable String description,

            @Nullable @Schema(type = org.eclipse.microprofile.openapi.annotations.enums.SchemaType.OBJECT)
            JsonNode schema,

            @Nullable Boolean strict) {
        /** Any text. */
        public static TextFormat plain() {
            return new TextFormat("text", null, null, null, null);
        }
    }
}
