package dev.herd.api;

import dev.herd.safety.Caller;
import io.vertx.ext.web.RoutingContext;

/** Who sends a request. Whoever authenticates it says so before a resource sees it. */
final class Callers {
    private static final String KEY = "dev.herd.caller";

    private Callers() {}

    /** Whom a request acts for. */
    static Caller of(RoutingContext http) {
        Caller caller = http.get(KEY);
        return caller == null ? Caller.LOCAL : caller;
    }

    /** Says whom a request acts for. */
    static void set(RoutingContext http, Caller caller) {
        http.put(KEY, caller);
    }
}
