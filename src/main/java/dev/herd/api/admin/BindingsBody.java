package dev.herd.api.admin;

import com.fasterxml.jackson.annotation.JsonAnySetter;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.JsonNode;
import dev.herd.tenant.Binding;
import jakarta.validation.Valid;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Pattern;
import jakarta.validation.constraints.Size;
import java.util.List;
import java.util.Map;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/** Which policy binds which requests of a tenant. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@Schema(name = "PolicyBindings", requiredProperties = "bindings")
public record BindingsBody(
        @NotNull(message = "is missing") @Size(max = 1000) List<@NotNull @Valid Entry> bindings,

        @JsonAnySetter @Nullable @Schema(hidden = true) Map<String, JsonNode> others) {
    /** What {@code table} is. */
    public static BindingsBody of(Binding.Table table) {
        return new BindingsBody(table.bindings().stream().map(Entry::of).toList(), null);
    }

    /** The table that is asked for. */
    public Binding.Table table() {
        UnknownFields.refuse("", others);
        return new Binding.Table(bindings.stream().map(Entry::binding).toList());
    }

    /**
     * One of them.
     *
     * @param scope {@code apiKey}, {@code route}, {@code model} or {@code tenant}; the most specific decides, in this order
     * @param target id of the key, path of the route, or name of the model
     * @param version a number or {@code latest}, which is the default
     * @param canaryPercent share of the requests that are bound; default: all
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    @Schema(
            name = "PolicyBinding",
            requiredProperties = {"scope", "policy"})
    public record Entry(
            @NotNull(message = "is missing")
            @Pattern(regexp = "tenant|apiKey|model|route")
            @Schema(enumeration = {"tenant", "apiKey", "model", "route"})
            String scope,

            @Nullable @Size(min = 1, max = 200) String target,
            @NotNull(message = "is missing") String policy,

            @Nullable @Pattern(regexp = "latest|[1-9][0-9]{0,8}")
            String version,

            @Nullable @Min(0) @Max(100) Integer canaryPercent,

            @JsonAnySetter @Nullable @Schema(hidden = true) Map<String, JsonNode> others) {
        static Entry of(Binding binding) {
            return new Entry(
                    binding.scope().wireName(),
                    binding.target(),
                    binding.policy(),
                    binding.version(),
                    binding.canaryPercent(),
                    null);
        }

        Binding binding() {
            UnknownFields.refuse("bindings.", others);
            return new Binding(
                    Binding.Scope.of(scope), target, policy, version == null ? Binding.LATEST : version, canaryPercent);
        }
    }
}
