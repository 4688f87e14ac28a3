package dev.herd.safety;

import java.util.Optional;

/**
 * What a request is, as far as it decides which policy binds it.
 *
 * @param wanted {@code id@version} that the request asks for by the header {@code X-Safety-Policy}
 * @param model the model that it asks for
 * @param route the path that it was sent to
 * @param requestId its id, by which bindings with a share of requests choose
 */
public record PolicyQuery(Optional<String> wanted, String model, String route, String requestId) {}
