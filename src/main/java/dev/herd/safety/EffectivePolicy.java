package dev.herd.safety;

/**
 * The policy that binds a request: the tenant's own with the platform's floor merged into it.
 *
 * @param id what the tenant calls it
 * @param version of the tenant's own part; empty if it has no versions
 */
public record EffectivePolicy(String id, String version, Policy policy) {
    /** As headers and assessments name it. */
    public String label() {
        return version.isEmpty() ? id : id + "@" + version;
    }
}
