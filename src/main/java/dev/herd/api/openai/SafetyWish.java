package dev.herd.api.openai;

import com.fasterxml.jackson.annotation.JsonProperty;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/**
 * What a request wants of its safety policy: it may only be made stricter, and shown as far as the policy allows.
 *
 * @param mode {@code enforce} enforces a policy that only watches
 * @param trace how much of the assessment the answer shows; never more than the policy allows
 */
public record SafetyWish(@Nullable Mode mode, @Nullable Trace trace) {
    /** What becomes of what is found. */
    @Schema(name = "SafetyMode")
    public enum Mode {
        @JsonProperty("enforce")
        ENFORCE
    }

    /** How much is shown. */
    @Schema(name = "SafetyTrace")
    public enum Trace {
        @JsonProperty("none")
        NONE,
        @JsonProperty("minimal")
        MINIMAL,
        @JsonProperty("full")
        FULL
    }
}
