package dev.herd.api.llama;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import dev.herd.api.llama.LlamaChatRequest.LlamaFunction;
import dev.herd.api.llama.LlamaChatRequest.LlamaText;
import dev.herd.api.llama.LlamaChatRequest.LlamaToolCall;
import dev.herd.api.openai.SafetyReport;
import dev.herd.api.openai.Usage;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/** What {@code /llama/v1/chat/completions} answers as a whole. */
@JsonNaming(SnakeCaseStrategy.class)
@Schema(
        name = "LlamaChatCompletion",
        requiredProperties = {"id", "completion_message", "metrics"})
@JsonInclude(JsonInclude.Include.NON_NULL)
public record LlamaAnswer(
        String id,
        CompletionMessage completionMessage,
        List<Metric> metrics,
        @Nullable SafetyReport safety) {
    /**
     * What the assistant says.
     *
     * @param toolCalls what it asks to be called, if anything
     * @param stopReason {@code stop}, {@code tool_calls}, {@code length} or, if the safety policy does not let the answer
     *     pass, {@code content_filter}
     */
    @JsonNaming(SnakeCaseStrategy.class)
    @JsonInclude(JsonInclude.Include.NON_NULL)
    @Schema(
            name = "LlamaCompletionMessage",
            requiredProperties = {"role", "content", "stop_reason"})
    public record CompletionMessage(
            String role,
            LlamaText content,
            String stopReason,
            @Nullable List<LlamaToolCall> toolCalls) {}

    /** A figure about the answer. */
    @Schema(
            name = "LlamaMetric",
            requiredProperties = {"metric", "value", "unit"})
    public record Metric(String metric, double value, String unit) {
        /** The figures of a usage. */
        public static List<Metric> of(Usage usage) {
            return List.of(
                    new Metric("num_completion_tokens", usage.completionTokens(), "tokens"),
                    new Metric("num_prompt_tokens", usage.promptTokens(), "tokens"),
                    new Metric("num_total_tokens", usage.totalTokens(), "tokens"));
        }
    }

    /** One event of a streamed answer. */
    @Schema(
            name = "LlamaStreamChunk",
            requiredProperties = {"id", "event"})
    public record Chunk(String id, Event event) {}

    /**
     * What has happened.
     *
     * @param eventType {@code start}, {@code progress}, {@code complete} or {@code metrics}
     */
    @JsonNaming(SnakeCaseStrategy.class)
    @JsonInclude(JsonInclude.Include.NON_NULL)
    @Schema(
            name = "LlamaStreamEvent",
            requiredProperties = {"event_type", "delta"})
    public record Event(
            String eventType,
            Delta delta,
            @Nullable String stopReason,
            @Nullable List<Metric> metrics,
            @Nullable SafetyReport safety) {}

    /**
     * What is new.
     *
     * @param type {@code text} or {@code tool_call}
     * @param id of a call, when it begins
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    @Schema(
            name = "LlamaStreamDelta",
            requiredProperties = {"type"})
    public record Delta(
            String type,
            @Nullable String text,
            @Nullable String id,
            @Nullable LlamaFunction function) {
        /** More text. */
        public static Delta text(String text) {
            return new Delta("text", text, null, null);
        }

        /** More of a call. */
        public static Delta call(@Nullable String id, @Nullable String name, String arguments) {
            return new Delta("tool_call", null, id, new LlamaFunction(name, arguments));
        }
    }
}
