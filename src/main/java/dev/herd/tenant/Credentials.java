package dev.herd.tenant;

import java.util.ArrayList;
import java.util.List;

/**
 * What a request says about who sent it.
 *
 * @param authorization values of its {@code Authorization} headers
 * @param elsewhere values of headers in which other services take keys; they are not accepted, but must not contradict
 */
public record Credentials(List<String> authorization, List<String> elsewhere) {
    private static final String BEARER = "bearer ";
    private static final String WRONG =
            "The key or token is missing or not valid; send it as 'Authorization: Bearer …'.";

    public Credentials {
        authorization = List.copyOf(authorization);
        elsewhere = List.copyOf(elsewhere);
    }

    /**
     * The key or token.
     *
     * @throws AuthException if there is none, or more than one
     */
    String bearer() {
        List<String> found = new ArrayList<>();
        for (String header : authorization) {
            for (String value : header.split(",", -1)) {
                String stripped = value.strip();
                if (stripped.regionMatches(true, 0, BEARER, 0, BEARER.length())) {
                    found.add(stripped.substring(BEARER.length()).strip());
                }
            }
        }
        if (found.size() + elsewhere.size() > 1) {
            throw AuthException.ambiguous();
        }
        if (found.isEmpty() || found.getFirst().isEmpty()) {
            throw refused();
        }
        return found.getFirst();
    }

    static AuthException refused() {
        return AuthException.refused(WRONG);
    }
}
