package dev.herd.api.admin;

import com.fasterxml.jackson.annotation.JsonAnySetter;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.JsonNode;
import dev.herd.api.openai.ApiException;
import dev.herd.media.FetchPolicy;
import dev.herd.tenant.Limits;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.NotBlank;
import jakarta.validation.constraints.Size;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/** What a tenant or key may use; what is left out is not limited. The members are those of {@link Limits}. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@Schema(name = "Limits")
public record LimitsBody(
        @Nullable @Min(1) Integer requestsPerMinute,
        @Nullable @Min(1) Integer inputTokensPerMinute,
        @Nullable @Min(1) Integer outputTokensPerMinute,
        @Nullable @Min(1) Integer concurrency,
        @Nullable @Min(2) Integer contextTokens,
        @Nullable @Min(0) Integer imagesPerRequest,
        @Nullable @Min(1) Integer imagesPerMinute,
        @Nullable @Min(1) Integer maxChoices,
        @Nullable @Min(1) Integer maxTokens,
        @Nullable @Min(0) @Max(2) Double minTemperature,
        @Nullable @Min(0) @Max(2) Double maxTemperature,
        @Nullable @Size(max = 1000) List<@NotBlank String> models,
        @Nullable @Size(max = 1000) List<@NotBlank String> imageHosts,

        @JsonAnySetter @Nullable @Schema(hidden = true) Map<String, JsonNode> others) {
    /** What {@code limits} are. */
    public static LimitsBody of(Limits limits) {
        return new LimitsBody(
                limits.requestsPerMinute(),
                limits.inputTokensPerMinute(),
                limits.outputTokensPerMinute(),
                limits.concurrency(),
                limits.contextTokens(),
                limits.imagesPerRequest(),
                limits.imagesPerMinute(),
                limits.maxChoices(),
                limits.maxTokens(),
                limits.minTemperature(),
                limits.maxTemperature(),
                limits.models(),
                limits.imageHosts(),
                null);
    }

    /**
     * The limits that a request states, none if it states none.
     *
     * @throws ApiException 400 if they make no sense
     */
    public static Limits read(@Nullable LimitsBody body) {
        if (body == null) {
            return Limits.NONE;
        }
        UnknownFields.refuse("limits.", body.others);
        if (body.minTemperature != null && body.maxTemperature != null && body.minTemperature > body.maxTemperature) {
            throw ApiException.invalidValue(
                    "limits.minTemperature", "'limits.minTemperature' is above 'limits.maxTemperature'.");
        }
        if (body.imageHosts != null) {
            try {
                new FetchPolicy(true, body.imageHosts, Set.of(443), Duration.ofSeconds(1), 0);
            } catch (IllegalArgumentException wrong) {
                throw ApiException.invalidValue(
                        "limits.imageHosts", "'limits.imageHosts': " + wrong.getMessage() + ".");
            }
        }
        return new Limits(
                body.requestsPerMinute,
                body.inputTokensPerMinute,
                body.outputTokensPerMinute,
                body.concurrency,
                body.contextTokens,
                body.imagesPerRequest,
                body.imagesPerMinute,
                body.maxChoices,
                body.maxTokens,
                body.minTemperature,
                body.maxTemperature,
                body.models,
                body.imageHosts);
    }
}
