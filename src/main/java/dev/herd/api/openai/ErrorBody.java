package dev.herd.api.openai;

import com.fasterxml.jackson.annotation.JsonInclude;
import org.jspecify.annotations.Nullable;

/** The body of every answer that is an error. */
public record ErrorBody(Detail error) {
    /** An error. */
    public static ErrorBody of(String message, String type, @Nullable String param, @Nullable String code) {
        return new ErrorBody(new Detail(message, type, param, code));
    }

    /**
     * What went wrong. All four members are always present.
     *
     * @param type for example {@code invalid_request_error}
     * @param param JSON path of the field that is wrong
     * @param code for programs, for example {@code context_length_exceeded}
     */
    @JsonInclude(JsonInclude.Include.ALWAYS)
    public record Detail(
            String message,
            String type,
            @Nullable String param,
            @Nullable String code) {}
}
