package dev.herd.safety;

/**
 * On whose behalf a request is served.
 *
 * @param tenant id of the tenant
 * @param key id of the API key or of the token's issuer; never a secret
 * @param principalHash tells persons apart without telling who they are; empty if unknown
 * @param cacheSalt what computed prompts of this tenant may be shared under
 */
public record Caller(String tenant, String key, String principalHash, String cacheSalt) {
    /** The only caller of a server without tenants. */
    public static final Caller LOCAL = new Caller("local", "none", "", "");
}
