package dev.herd.api.openai;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import dev.herd.api.openai.ResponseItem.ResponsePart;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/**
 * One event of a streamed response; {@code type} says which members it has.
 *
 * @param type {@code response.created} and so on
 * @param sequenceNumber 0 for the first event, one more for each further
 */
@JsonNaming(SnakeCaseStrategy.class)
@JsonInclude(JsonInclude.Include.NON_NULL)
@Schema(
        name = "ResponseStreamEvent",
        requiredProperties = {"type", "sequence_number"})
public record ResponseEvent(
        String type,
        int sequenceNumber,
        @Nullable ResponseObject response,
        @Nullable Integer outputIndex,
        @Nullable String itemId,
        @Nullable ResponseOutput item,
        @Nullable Integer contentIndex,
        @Nullable ResponsePart part,
        @Nullable String delta,
        @Nullable String text,
        @Nullable String name,
        @Nullable String arguments,
        @Nullable @Schema(type = SchemaType.ARRAY) List<String> logprobs,
        @Nullable String refusal) {

    /** The response as it now is. */
    public static ResponseEvent of(String type, int number, ResponseObject response) {
        return new ResponseEvent(
                type, number, response, null, null, null, null, null, null, null, null, null, null, null);
    }

    /** An output item as it now is. */
    public static ResponseEvent of(String type, int number, int index, ResponseOutput item) {
        return new ResponseEvent(type, number, null, index, null, item, null, null, null, null, null, null, null, null);
    }

    /** The only part of a message as it now is. */
    public static ResponseEvent of(String type, int number, int index, String itemId, ResponsePart part) {
        return new ResponseEvent(type, number, null, index, itemId, null, 0, part, null, null, null, null, null, null);
    }

    /** More text of a message. */
    public static ResponseEvent textDelta(int number, int index, String itemId, String delta) {
        return new ResponseEvent(
                "response.output_text.delta",
                number,
                null,
                index,
                itemId,
                null,
                0,
                null,
                delta,
                null,
                null,
                null,
                List.of(),
                null);
    }

    /** The whole text of a message. */
    public static ResponseEvent textDone(int number, int index, String itemId, String text) {
        return new ResponseEvent(
                "response.output_text.done",
                number,
                null,
                index,
                itemId,
                null,
                0,
                null,
                null,
                text,
                null,
                null,
                List.of(),
                null);
    }

    /** More of a call's arguments. */
    public static ResponseEvent argumentsDelta(int number, int index, String itemId, String delta) {
        return new ResponseEvent(
                "response.function_call_arguments.delta",
                number,
                null,
                index,
                itemId,
                null,
                null,
                null,
                delta,
                null,
                null,
                null,
                null,
                null);
    }

    /** All of a call's arguments. */
    public static ResponseEvent argumentsDone(int number, int index, String itemId, String name, String arguments) {
        return new ResponseEvent(
                "response.function_call_arguments.done",
                number,
                null,
                index,
                itemId,
                null,
                null,
                null,
                null,
                null,
                name,
                arguments,
                null,
                null);
    }

    /** All of what is said instead of an answer, as news or, at the end, as a whole. */
    public static ResponseEvent refusal(boolean isNews, int number, int index, String itemId, String text) {
        return new ResponseEvent(
                isNews ? "response.refusal.delta" : "response.refusal.done",
                number,
                null,
                index,
                itemId,
                null,
                0,
                null,
                isNews ? text : null,
                null,
                null,
                null,
                null,
                isNews ? null : text);
    }
}
