package dev.herd.api;

import dev.herd.api.openai.ApiException;
import dev.herd.tenant.Identity;
import io.quarkus.vertx.http.runtime.CurrentVertxRequest;
import io.vertx.ext.web.RoutingContext;
import jakarta.inject.Singleton;

/** Who sent the request that is being served. */
@Singleton
final class Access {
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

    /** Says who sent a request. */
    static void set(RoutingContext http, Identity identity) {
        http.put(KEY, identity);
    }
}
