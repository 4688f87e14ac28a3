package dev.herd.tenant;

import java.net.URI;
import java.util.Map;

/**
 * Which tokens are accepted.
 *
 * @param keysOf where the public keys of each issuer are: an address, or a file ({@code file:})
 * @param audience what tokens must be meant for
 * @param tenantClaim claim that names the tenant
 * @param scopeClaim claim that lists scopes, separated by spaces; a token without it may infer
 */
public record JwtSettings(Map<String, URI> keysOf, String audience, String tenantClaim, String scopeClaim) {
    public JwtSettings {
        keysOf = Map.copyOf(keysOf);
    }
}
