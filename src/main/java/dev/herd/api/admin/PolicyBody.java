package dev.herd.api.admin;

import com.fasterxml.jackson.annotation.JsonAnySetter;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.JsonNode;
import dev.herd.safety.Policy;
import dev.herd.tenant.PolicyDraft;
import dev.herd.tenant.PolicyVersion;
import dev.herd.tenant.TenantState.PolicyState;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Pattern;
import jakarta.validation.constraints.Size;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/**
 * A policy in a list.
 *
 * @param hasDraft whether somebody is working on it
 * @param versions numbers of what was published
 */
@Schema(
        name = "PolicySummary",
        requiredProperties = {"id", "name", "hasDraft", "versions"})
public record PolicyBody(String id, String name, boolean hasDraft, List<Integer> versions) {
    /** What {@code policy} is. */
    public static PolicyBody of(PolicyState policy) {
        return new PolicyBody(
                policy.id(),
                policy.name(),
                policy.draft().isPresent(),
                List.copyOf(policy.versions().keySet()));
    }

    /** Some policies. */
    @Schema(
            name = "PolicyList",
            requiredProperties = {"data"})
    public record Listing(List<PolicyBody> data) {}

    /** A draft as it is shown. */
    @Schema(
            name = "PolicyDraft",
            requiredProperties = {"name", "spec"})
    public record Draft(
            String name, @Schema(type = SchemaType.OBJECT) JsonNode spec) {
        /** What {@code draft} is. */
        public static Draft of(PolicyDraft draft) {
            return new Draft(draft.name(), draft.spec());
        }
    }

    /**
     * A draft as it is written.
     *
     * @param name for people; default: the id
     * @param spec the policy
     */
    @Schema(name = "PolicyDraftChange", requiredProperties = "spec")
    public record DraftChange(
            @Nullable @Size(min = 1, max = 100) String name,

            @NotNull(message = "is missing") @Schema(type = SchemaType.OBJECT)
            JsonNode spec,

            @JsonAnySetter @Nullable @Schema(hidden = true) Map<String, JsonNode> others) {
        /** The draft of the policy {@code id}. */
        public PolicyDraft draft(String id) {
            UnknownFields.refuse("", others);
            return new PolicyDraft(name == null ? id : name, spec);
        }
    }

    /** A policy that is to be. */
    @Schema(
            name = "PolicyCreation",
            requiredProperties = {"id", "spec"})
    public record Creation(
            @NotNull(message = "is missing") @Pattern(regexp = "[a-z0-9][a-z0-9-]{0,62}")
            String id,

            @Nullable @Size(min = 1, max = 100) String name,

            @NotNull(message = "is missing") @Schema(type = SchemaType.OBJECT)
            JsonNode spec,

            @JsonAnySetter @Nullable @Schema(hidden = true) Map<String, JsonNode> others) {
        /** The draft to begin with. */
        public PolicyDraft draft() {
            return new DraftChange(name, spec, others).draft(id);
        }
    }

    /**
     * A published version.
     *
     * @param state {@code published} or {@code retired}
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    @Schema(
            name = "PolicyVersion",
            requiredProperties = {"version", "name", "spec", "sha256", "state", "createdBy", "createdAt"})
    public record Version(
            int version,
            String name,
            @Schema(type = SchemaType.OBJECT) JsonNode spec,
            String sha256,
            String state,
            String createdBy,
            String createdAt,
            @Nullable String retiredAt) {
        /** What {@code version} is. */
        public static Version of(PolicyVersion version) {
            return new Version(
                    version.version(),
                    version.name(),
                    version.spec(),
                    version.sha256(),
                    version.state().name().toLowerCase(Locale.ROOT),
                    version.createdBy(),
                    version.createdAt().toString(),
                    version.retiredAt() == null ? null : version.retiredAt().toString());
        }
    }

    /** Some versions. */
    @Schema(
            name = "PolicyVersionList",
            requiredProperties = {"data"})
    public record Versions(List<Version> data) {}

    /** How a version differs from another. */
    @Schema(
            name = "PolicyDiff",
            requiredProperties = {"changes"})
    public record Diff(List<Change> changes) {
        /** What {@code changes} are. */
        public static Diff of(List<Policy.Change> changes) {
            return new Diff(changes.stream()
                    .map(change -> new Change(
                            change.pointer(),
                            change.from().isMissingNode() ? null : change.from(),
                            change.to().isMissingNode() ? null : change.to()))
                    .toList());
        }
    }

    /**
     * A field with different values.
     *
     * @param path JSON pointer
     * @param from absent if it is new
     * @param to absent if it is gone
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    @Schema(name = "PolicyDiffChange", requiredProperties = "path")
    public record Change(
            String path, @Nullable JsonNode from, @Nullable JsonNode to) {}
}
