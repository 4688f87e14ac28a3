package dev.herd.api.openai;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import dev.herd.api.openai.ResponseItem.ResponsePart;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/**
 * Something that the model said or did.
 *
 * @param type {@code message} or {@code function_call}
 * @param status {@code in_progress}, {@code completed} or {@code incomplete}
 */
@JsonNaming(SnakeCaseStrategy.class)
@JsonInclude(JsonInclude.Include.NON_NULL)
@Schema(requiredProperties = {"id", "type", "status"})
public record ResponseOutput(
        String id,
        String type,
        String status,
        @Nullable String role,
        @Nullable List<ResponsePart> content,
        @Nullable String callId,
        @Nullable String name,
        @Nullable String arguments) {
    /** A message. */
    public static ResponseOutput message(String id, String status, List<ResponsePart> content) {
        return new ResponseOutput(id, "message", status, "assistant", content, null, null, null);
    }

    /** The call of a function. */
    public static ResponseOutput call(String id, String status, String callId, String name, String arguments) {
        return new ResponseOutput(id, "function_call", status, null, null, callId, name, arguments);
    }
}
