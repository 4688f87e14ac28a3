package dev.herd.api.admin;

import com.fasterxml.jackson.annotation.JsonAnySetter;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.JsonNode;
import dev.herd.api.openai.ApiException;
import dev.herd.tenant.ApiKey;
import dev.herd.tenant.Scope;
import dev.herd.tenant.TenantAdmin.KeyRequest;
import jakarta.validation.Valid;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.NotBlank;
import jakarta.validation.constraints.Size;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/**
 * A key as the admin API shows it.
 *
 * @param state active, expiring, expired or revoked
 * @param key the key itself; only in the answer that makes it
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
@Schema(
        name = "ApiKey",
        requiredProperties = {"id", "name", "scopes", "state", "created", "limits", "policies"})
public record KeyBody(
        String id,
        String name,
        List<String> scopes,
        String state,
        String created,
        @Nullable String expires,
        @Nullable String lastUsed,
        LimitsBody limits,
        List<String> policies,
        @Nullable String key) {
    /** What {@code key} is at {@code now}. */
    public static KeyBody of(ApiKey key, Instant now, @Nullable Instant lastUsed, @Nullable String text) {
        return new KeyBody(
                key.id(),
                key.name(),
                key.scopes().stream().map(Scope::wireName).sorted().toList(),
                key.state(now).name().toLowerCase(Locale.ROOT),
                key.created().toString(),
                key.expires() == null ? null : key.expires().toString(),
                lastUsed == null ? null : lastUsed.toString(),
                LimitsBody.of(key.limits()),
                key.policies(),
                text);
    }

    /** Some keys. */
    @Schema(
            name = "ApiKeyList",
            requiredProperties = {"data"})
    public record Listing(List<KeyBody> data) {}

    /**
     * A key that is to be.
     *
     * @param scopes default: {@code infer} and {@code moderate}
     * @param expiresInSeconds default: never
     * @param policies what {@code X-Safety-Policy} may ask for, as {@code id} or {@code id@version}
     */
    @Schema(name = "ApiKeyCreation", requiredProperties = "name")
    public record Creation(
            @NotBlank(message = "is missing") @Size(max = 100)
            String name,

            @Nullable @Size(min = 1, max = 10) List<@NotBlank String> scopes,
            @Nullable @Min(1) @Max(315_360_000) Long expiresInSeconds,
            @Nullable @Valid LimitsBody limits,
            @Nullable @Size(max = 100) List<@NotBlank String> policies,

            @JsonAnySetter @Nullable @Schema(hidden = true) Map<String, JsonNode> others) {
        /**
         * What is asked for.
         *
         * @param standard scopes of a key for which none are asked for
         * @throws ApiException 400
         */
        public KeyRequest request(Set<Scope> standard) {
            UnknownFields.refuse("", others);
            return new KeyRequest(
                    name,
                    scopes == null ? standard : read(scopes),
                    expiresInSeconds == null ? null : Duration.ofSeconds(expiresInSeconds),
                    LimitsBody.read(limits),
                    policies == null ? List.of() : policies);
        }

        private static Set<Scope> read(List<String> names) {
            try {
                return names.stream().map(Scope::of).collect(Collectors.toUnmodifiableSet());
            } catch (IllegalArgumentException unknown) {
                throw ApiException.invalidValue("scopes", "'scopes': " + unknown.getMessage() + ".");
            }
        }
    }

    /**
     * How a key is rotated.
     *
     * @param overlapSeconds how long the old key is accepted beside the new one; default: a day
     */
    @Schema(name = "ApiKeyRotation")
    public record Rotation(
            @Nullable @Min(0) @Max(2_592_000) Long overlapSeconds,

            @JsonAnySetter @Nullable @Schema(hidden = true) Map<String, JsonNode> others) {
        /** How long both are accepted. */
        public Duration overlap() {
            UnknownFields.refuse("", others);
            return overlapSeconds == null ? Duration.ofDays(1) : Duration.ofSeconds(overlapSeconds);
        }
    }
}
