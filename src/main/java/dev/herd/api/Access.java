package dev.herd.api;

import dev.herd.api.openai.ApiException;
import dev.herd.tenant.Identity;
import io.quarkus.vertx.http.runtime.CurrentVertxRequest;
import io.vertx.ext.web.RoutingContext;
import jakarta.inject.Singleton;
import java.util.regex.Pattern;

/** Who sent the request that is being served. */
@Singleton
final class Access {
    private static final Pattern PARAMETERS = Pattern.compile("(?:;|%3[Bb])[^/]*");
    private static final Pattern TRAILING_SLASHES = Pattern.compile("(?<=.)/+$");
    private static final String KEY = "dev.herd.identity";

    private final CurrentVertxRequest requests;

    Access(CurrentVertxRequest requests) {
        this.requests = requests;
    }

    /** Who sent the request that this thread serves. */
    Identity current() {
        return of(requests.getCurrent());
    }

    /**
     * Who sent a request.
     *
     * @throws ApiException 401 if the gate has not said who, so that no way around it leads anywhere
     */
    static Identity of(RoutingContext http) {
        Identity identity = http.get(KEY);
        if (identity == null) {
            throw ApiException.unauthorized("The request does not say who sent it.");
        }
        return identity;
    }

    /**
     * The path of the resource that a request is for, as it is documented. Other spellings lead to the same resource and
     * must not lead around what holds for it.
     */
    static String route(RoutingContext http) {
        String path = PARAMETERS.matcher(http.normalizedPath()).replaceAll("");
        return TRAILING_SLASHES.matcher(path).replaceAll("");
    }

    /** Says who sent a request. */
    static void set(RoutingContext http, Identity identity) {
        http.put(KEY, identity);
    }
}
