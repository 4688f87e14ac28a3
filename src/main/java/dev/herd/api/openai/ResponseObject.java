package dev.herd.api.openai;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.util.List;
import java.util.Map;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/**
 * What {@code /v1/responses} answers. The nullable members are always present.
 *
 * @param createdAt seconds since 1970
 * @param status {@code queued}, {@code in_progress}, {@code completed}, {@code incomplete}, {@code cancelled} or
 *     {@code failed}
 * @param safety what the safety policy has found, as far as it shows it
 * @param moderation what a guard says, if the request asked for it
 */
@JsonNaming(SnakeCaseStrategy.class)
@JsonInclude(JsonInclude.Include.ALWAYS)
@Schema(
        name = "Response",
        requiredProperties = {
            "id",
            "object",
            "created_at",
            "status",
            "background",
            "error",
            "incomplete_details",
            "instructions",
            "max_output_tokens",
            "model",
            "output",
            "parallel_tool_calls",
            "previous_response_id",
            "store",
            "temperature",
            "text",
            "tool_choice",
            "tools",
            "top_p",
            "truncation",
            "usage",
            "metadata"
        })
public record ResponseObject(
        String id,
        String object,
        long createdAt,
        String status,
        boolean background,
        @Nullable @Schema(nullable = true) Failure error,
        @Nullable @Schema(nullable = true) IncompleteDetails incompleteDetails,
        @Nullable @Schema(nullable = true) String instructions,
        @Nullable @Schema(nullable = true) Integer maxOutputTokens,
        String model,
        List<ResponseOutput> output,
        boolean parallelToolCalls,
        @Nullable @Schema(nullable = true) String previousResponseId,
        boolean store,
        @Nullable @Schema(nullable = true) Double temperature,
        ResponseRequest.TextConfig text,

        @Schema(
                oneOf = {String.class, ResponseTool.class},
                description = "auto, none, required, or a function by name.")
        JsonNode toolChoice,

        List<ResponseTool> tools,
        @Nullable @Schema(nullable = true) Double topP,
        String truncation,
        @Nullable @Schema(nullable = true) ResponseUsage usage,

        @Schema(type = SchemaType.OBJECT, additionalProperties = String.class)
        Map<String, String> metadata,

        @Nullable @JsonInclude(JsonInclude.Include.NON_NULL) SafetyReport safety,
        @Nullable @JsonInclude(JsonInclude.Include.NON_NULL) ModerationReport moderation) {

    /** The same response in another state. */
    public ResponseObject withStatus(String other) {
        return new ResponseObject(
                id,
                object,
                createdAt,
                other,
                background,
                error,
                incompleteDetails,
                instructions,
                maxOutputTokens,
                model,
                output,
                parallelToolCalls,
                previousResponseId,
                store,
                temperature,
                text,
                toolChoice,
                tools,
                topP,
                truncation,
                usage,
                metadata,
                safety,
                moderation);
    }

    /** Why a response failed. */
    @Schema(
            name = "ResponseFailure",
            requiredProperties = {"code", "message"})
    public record Failure(String code, String message) {}

    /**
     * Why a response is incomplete.
     *
     * @param reason {@code max_output_tokens} or {@code content_filter}
     */
    @Schema(
            name = "ResponseIncompleteDetails",
            requiredProperties = {"reason"})
    public record IncompleteDetails(String reason) {}

    /** What the response cost, in tokens. */
    @JsonNaming(SnakeCaseStrategy.class)
    @Schema(
            name = "ResponseUsage",
            requiredProperties = {
                "input_tokens",
                "input_tokens_details",
                "output_tokens",
                "output_tokens_details",
                "total_tokens"
            })
    public record ResponseUsage(
            int inputTokens,
            InputTokensDetails inputTokensDetails,
            int outputTokens,
            OutputTokensDetails outputTokensDetails,
            int totalTokens) {
        /** The same usage in this endpoint's words. */
        public static ResponseUsage of(Usage usage) {
            return new ResponseUsage(
                    usage.promptTokens(),
                    new InputTokensDetails(usage.promptTokensDetails().cachedTokens()),
                    usage.completionTokens(),
                    new OutputTokensDetails(0),
                    usage.totalTokens());
        }
    }

    /** How the input was served. */
    @JsonNaming(SnakeCaseStrategy.class)
    @Schema(
            name = "ResponseInputTokensDetails",
            requiredProperties = {"cached_tokens"})
    public record InputTokensDetails(int cachedTokens) {}

    /** What of the output nobody sees. */
    @JsonNaming(SnakeCaseStrategy.class)
    @Schema(
            name = "ResponseOutputTokensDetails",
            requiredProperties = {"reasoning_tokens"})
    public record OutputTokensDetails(int reasoningTokens) {}

    /** That a response is gone. */
    @Schema(
            name = "ResponseDeleted",
            requiredProperties = {"id", "object", "deleted"})
    public record Deleted(String id, String object, boolean deleted) {}

    /** What a request would cost. */
    @JsonNaming(SnakeCaseStrategy.class)
    @Schema(
            name = "ResponseInputTokens",
            requiredProperties = {"object", "input_tokens"})
    public record InputTokens(String object, int inputTokens) {}

    /** What the client said in a stored response. */
    @JsonNaming(SnakeCaseStrategy.class)
    @JsonInclude(JsonInclude.Include.ALWAYS)
    @Schema(
            name = "ResponseItemList",
            requiredProperties = {"object", "data", "first_id", "last_id", "has_more"})
    public record ItemList(
            String object,
            List<ResponseItem> data,
            @Nullable @Schema(nullable = true) String firstId,
            @Nullable @Schema(nullable = true) String lastId,
            boolean hasMore) {}
}
