package dev.herd.api.openai;

import com.fasterxml.jackson.annotation.JsonInclude;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/** The body of every answer that is an error. */
@Schema(requiredProperties = {"error"})
public record ErrorBody(Detail error) {
    /** An error. */
    public static ErrorBody of(String message, String type, @Nullable String param, @Nullable String code) {
        return new ErrorBody(new Detail(message, type, param, code, null));
    }

    /** The same error about another field. */
    ErrorBody about(String param, String message) {
        return new ErrorBody(new Detail(message, error.type(), param, error.code(), error.safety()));
    }

    /**
     * What went wrong. The first four members are always present.
     *
     * @param type for example {@code invalid_request_error}
     * @param param JSON path of the field that is wrong
     * @param code for programs, for example {@code context_length_exceeded}
     * @param safety what the safety policy has found, if that is what went wrong
     */
    @JsonInclude(JsonInclude.Include.ALWAYS)
    @Schema(
            name = "ErrorDetail",
            requiredProperties = {"message", "type", "param", "code"})
    public record Detail(
            String message,
            String type,
            @Nullable @Schema(nullable = true) String param,
            @Nullable @Schema(nullable = true) String code,

            @Nullable @JsonInclude(JsonInclude.Include.NON_NULL)
            SafetyReport safety) {}
}
