package dev.herd.api.openai;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/**
 * What a request's safety policy has found and done, as far as the policy shows it. Names are camel case, as in the
 * policy.
 *
 * @param id names the assessment in the audit log
 * @param policy which policy, with its version
 * @param mode {@code enforce} or {@code shadow}
 * @param action what was done: {@code allow}, {@code annotate}, {@code redact} or {@code block}
 * @param wouldAction what would have been done if the policy did more than watch
 * @param degraded whether a guard failed and the policy let the text pass
 * @param reason {@code safety_unavailable} if it was blocked because a guard gave no answer
 * @param redactions spans that were replaced
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
@Schema(requiredProperties = {"id", "policy", "mode", "action", "degraded", "input", "output", "redactions"})
public record SafetyReport(
        String id,
        String policy,
        String mode,
        String action,
        @Nullable String wouldAction,
        boolean degraded,
        @Nullable String reason,
        Part input,
        Part output,
        int redactions,
        @Nullable Latency latencyMs,
        @Nullable Coverage coverage) {

    /** One direction. */
    @Schema(name = "SafetyReportPart")
    public record Part(String action, List<Item> findings) {}

    /**
     * Something that was found.
     *
     * @param scanner who found it
     * @param code what it is
     * @param span where, as {@code segment:start-end}; only in a full report
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    @Schema(
            name = "SafetyFinding",
            requiredProperties = {"scanner", "code", "action"})
    public record Item(
            String scanner,
            String code,
            String action,
            @Nullable String source,
            @Nullable Double score,
            @Nullable Double threshold,
            @Nullable Boolean detected,
            @Nullable String span,
            @Nullable String hash,
            @Nullable Long latencyMs) {}

    /** How long each direction took, in milliseconds. */
    @Schema(name = "SafetyLatency")
    public record Latency(long input, long output) {}

    /** What was judged. */
    @Schema(name = "SafetyCoverage")
    public record Coverage(long textChars, int images, boolean truncated) {}
}
