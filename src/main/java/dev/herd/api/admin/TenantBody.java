package dev.herd.api.admin;

import com.fasterxml.jackson.annotation.JsonAnySetter;
import com.fasterxml.jackson.databind.JsonNode;
import dev.herd.api.openai.ApiException;
import dev.herd.tenant.Tenant;
import jakarta.validation.Valid;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Pattern;
import jakarta.validation.constraints.Size;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/** A tenant as the admin API shows it. */
@Schema(
        name = "Tenant",
        requiredProperties = {"id", "name", "status", "cacheSaltEpoch", "limits", "keepsText", "auditDays"})
public record TenantBody(
        String id,
        String name,
        String status,
        int cacheSaltEpoch,
        LimitsBody limits,
        boolean keepsText,
        int auditDays) {
    /** What {@code tenant} is. */
    public static TenantBody of(Tenant tenant) {
        return new TenantBody(
                tenant.id(),
                tenant.name(),
                tenant.status().name().toLowerCase(Locale.ROOT),
                tenant.cacheSaltEpoch(),
                LimitsBody.of(tenant.limits()),
                tenant.keepsText(),
                tenant.auditDays());
    }

    /** Some tenants. */
    @Schema(
            name = "TenantList",
            requiredProperties = {"data"})
    public record Listing(List<TenantBody> data) {}

    /** A tenant that is to be. */
    @Schema(name = "TenantCreation", requiredProperties = "id")
    public record Creation(
            @NotNull(message = "is missing") @Pattern(regexp = Tenant.ID_PATTERN)
            String id,

            @Nullable @Size(min = 1, max = 100) String name,
            @Nullable @Valid LimitsBody limits,
            @Nullable Boolean keepsText,
            @Nullable @Min(1) @Max(3650) Integer auditDays,

            @JsonAnySetter @Nullable @Schema(hidden = true) Map<String, JsonNode> others) {
        /** The tenant. */
        public Tenant tenant() {
            UnknownFields.refuse("", others);
            return new Tenant(
                    id,
                    name == null ? id : name,
                    Tenant.Status.ACTIVE,
                    0,
                    LimitsBody.read(limits),
                    Boolean.TRUE.equals(keepsText),
                    auditDays == null ? Tenant.DEFAULT_AUDIT_DAYS : auditDays);
        }
    }

    /** What is to change of a tenant; what is left out stays. Limits are replaced together. */
    @Schema(name = "TenantChange")
    public record Patch(
            @Nullable @Size(min = 1, max = 100) String name,

            @Nullable @Schema(enumeration = {"active", "suspended"}) @Pattern(regexp = "active|suspended")
            String status,

            @Nullable @Min(0) Integer cacheSaltEpoch,
            @Nullable @Valid LimitsBody limits,
            @Nullable Boolean keepsText,
            @Nullable @Min(1) @Max(3650) Integer auditDays,

            @JsonAnySetter @Nullable @Schema(hidden = true) Map<String, JsonNode> others) {
        /**
         * {@code tenant} with what changes.
         *
         * @throws ApiException 400
         */
        public Tenant applyTo(Tenant tenant) {
            UnknownFields.refuse("", others);
            return new Tenant(
                    tenant.id(),
                    name == null ? tenant.name() : name,
                    status == null ? tenant.status() : Tenant.Status.valueOf(status.toUpperCase(Locale.ROOT)),
                    cacheSaltEpoch == null ? tenant.cacheSaltEpoch() : cacheSaltEpoch,
                    limits == null ? tenant.limits() : LimitsBody.read(limits),
                    keepsText == null ? tenant.keepsText() : keepsText,
                    auditDays == null ? tenant.auditDays() : auditDays);
        }
    }
}
