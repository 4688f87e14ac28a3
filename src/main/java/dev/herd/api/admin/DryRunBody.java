package dev.herd.api.admin;

import com.fasterxml.jackson.annotation.JsonAnySetter;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.JsonNode;
import dev.herd.api.openai.ApiException;
import dev.herd.api.openai.ChatMessage;
import dev.herd.api.openai.SafetyReport;
import jakarta.validation.Valid;
import jakarta.validation.constraints.NotBlank;
import jakarta.validation.constraints.NotEmpty;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Size;
import java.util.List;
import java.util.Map;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/**
 * Texts that a policy is tried out on: one conversation, or up to 200 labelled ones.
 *
 * @param messages a conversation as in a chat request; its text is judged, its pictures are not
 * @param output what the model has answered, if that is to be judged, too
 * @param spec the policy to try out; default: what {@code version} names
 * @param version a number, {@code latest} or {@code draft}, which is the default
 * @param compareTo a number, {@code latest} or {@code draft} to compare with; default: nothing
 * @param cases labelled conversations, instead of {@code messages}
 */
@Schema(name = "DryRun")
public record DryRunBody(
        @Nullable @Size(min = 1, max = 1024) List<@NotNull @Valid ChatMessage> messages,
        @Nullable String output,
        @Nullable @Schema(type = SchemaType.OBJECT) JsonNode spec,
        @Nullable String version,
        @Nullable String compareTo,
        @Nullable @Size(min = 1, max = 200) List<@NotNull @Valid Case> cases,

        @JsonAnySetter @Nullable @Schema(hidden = true) Map<String, JsonNode> others) {
    /**
     * Requires that the parts fit.
     *
     * @throws ApiException 400
     */
    public void check() {
        UnknownFields.refuse("", others);
        if ((messages == null) == (cases == null)) {
            throw ApiException.invalidRequest(
                    400, "Give exactly one of 'messages' and 'cases'.", "messages", "missing_required_parameter");
        }
        if (spec != null && version != null) {
            throw ApiException.invalidValue("version", "Give at most one of 'spec' and 'version'.");
        }
        if (cases != null && (output != null || compareTo != null)) {
            throw ApiException.invalidValue("cases", "With 'cases' there is neither 'output' nor 'compareTo'.");
        }
    }

    /**
     * A conversation with what should be found in it.
     *
     * @param expect codes; empty if nothing should be found
     */
    @Schema(
            name = "DryRunCase",
            requiredProperties = {"messages", "expect"})
    public record Case(
            @NotEmpty @Size(max = 1024) List<@NotNull @Valid ChatMessage> messages,
            @Nullable String output,

            @NotNull(message = "is missing") @Size(max = 100)
            List<@NotBlank String> expect) {}

    /**
     * What a policy says.
     *
     * @param candidate what the policy that is tried out says
     * @param active what the one that it is compared with says
     * @param added {@code scanner/code} of what only the candidate finds
     * @param removed {@code scanner/code} of what only the other finds
     * @param codes for cases: how often each code was found where it should be, and where it should not
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    @Schema(name = "DryRunResult")
    public record Result(
            @Nullable SafetyReport candidate,
            @Nullable SafetyReport active,
            @Nullable List<String> added,
            @Nullable List<String> removed,
            @Nullable Map<String, Counts> codes) {}

    /**
     * How often a code was found.
     *
     * @param precision share of what was found that should be found
     * @param recall share of what should be found that was found
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    @Schema(
            name = "DryRunCounts",
            requiredProperties = {"truePositives", "falsePositives", "falseNegatives", "trueNegatives"})
    public record Counts(
            int truePositives,
            int falsePositives,
            int falseNegatives,
            int trueNegatives,
            @Nullable Share precision,
            @Nullable Share recall) {}

    /** A share with its Wilson interval of 95 %. */
    @Schema(
            name = "DryRunShare",
            requiredProperties = {"value", "low", "high"})
    public record Share(double value, double low, double high) {
        private static final double Z = 1.959963984540054;

        /** {@code hits} of {@code all}; null of nothing. */
        public static @Nullable Share of(int hits, int all) {
            if (all == 0) {
                return null;
            }
            double share = (double) hits / all;
            double square = Z * Z / all;
            double middle = (share + square / 2) / (1 + square);
            double half = Z / (1 + square) * Math.sqrt(share * (1 - share) / all + square / (4 * all));
            return new Share(share, Math.max(0, middle - half), Math.min(1, middle + half));
        }
    }
}
