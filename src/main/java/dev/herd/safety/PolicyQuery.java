package dev.herd.safety;

import java.util.Optional;

/**
 * What a request is, as far as it decides which policy binds it.
 *
 * @param wanted {@code id@version} that the request asks for by the header {@code X-Safety-Policy}
 * @param model the model that it asks for
 * @param route the path of the resource that it is for
 * @param lot drawn by the server; bindings with a share of the requests choose by it
 */
public record PolicyQuery(Optional<String> wanted, String model, String route, String lot) {}
