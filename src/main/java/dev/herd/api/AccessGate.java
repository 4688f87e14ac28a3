package dev.herd.api;

import dev.herd.api.openai.ApiException;
import dev.herd.tenant.AuthException;
import dev.herd.tenant.Authenticator;
import dev.herd.tenant.Credentials;
import dev.herd.tenant.Identity;
import dev.herd.tenant.RateLimits;
import dev.herd.tenant.Scope;
import dev.herd.tenant.Tenancy;
import io.quarkus.vertx.http.runtime.filters.Filters;
import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.Promise;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Stands before all resources: finds out who sent a request, whether they may do what its path is for, and whether they have
 * requests left. Health and the API's description are open to everybody; without tenants, so is everything but the admin API,
 * which then is not there.
 */
@Singleton
final class AccessGate {
    private static final int PRIORITY = 925;
    private static final String ADMIN = "/admin/";
    private static final String METRICS = "/q/metrics";
    private static final List<String> OPEN = List.of("/q/", "/openapi");
    private static final List<String> ANSWERED = List.of("/completions", "/responses", "/moderations");
    private static final List<String> FOREIGN_HEADERS = List.of("api-key", "x-api-key", "x-goog-api-key");

    private final TenancySource tenancy;
    private final RateLimits limits;

    AccessGate(TenancySource tenancy, RateLimits limits) {
        this.tenancy = tenancy;
        this.limits = limits;
    }

    void addFilter(@Observes Filters filters) {
        filters.register(this::admit, PRIORITY);
    }

    private void admit(RoutingContext context) {
        Optional<Tenancy> tenants = tenancy.current();
        String path = Access.route(context);
        boolean isClosedMetrics = path.startsWith(METRICS) && !tenancy.hasOpenMetrics();
        if (tenants.isEmpty()) {
            if (path.startsWith(ADMIN)) {
                context.fail(ErrorMappers.rejection(404));
            } else {
                Access.set(context, Identity.LOCAL);
                context.next();
            }
            return;
        }
        if (OPEN.stream().anyMatch(path::startsWith) && !isClosedMetrics) {
            context.next();
            return;
        }
        authenticate(context, tenants.get().authenticator())
                .onSuccess(identity -> enter(context, identity, path))
                .onFailure(refused -> refuse(context, refused));
    }

    private static Future<Identity> authenticate(RoutingContext context, Authenticator authenticator) {
        MultiMap headers = context.request().headers();
        Credentials credentials = new Credentials(
                headers.getAll(HttpHeaders.AUTHORIZATION),
                FOREIGN_HEADERS.stream()
                        .flatMap(name -> headers.getAll(name).stream())
                        .toList());
        if (authenticator.mayBlock(credentials)) {
            Promise<Identity> promise = Promise.promise();
            context.vertx()
                    .executeBlocking(() -> authenticator.authenticate(credentials), false)
                    .onSuccess(identity -> promise.complete(Objects.requireNonNull(identity)))
                    .onFailure(promise::fail);
            return promise.future();
        }
        try {
            return Future.succeededFuture(authenticator.authenticate(credentials));
        } catch (AuthException refused) {
            return Future.failedFuture(refused);
        }
    }

    private void enter(RoutingContext context, Identity identity, String path) {
        if (!isAllowed(identity, path)) {
            context.fail(ApiException.forbidden("This key or token is not for this."));
            return;
        }
        Access.set(context, identity);
        if (identity.tenant().isPresent()) {
            context.addHeadersEndHandler(
                    head -> RateHeaders.add(context.response().headers(), limits.standings(identity)));
            Optional<RateLimits.Refusal> refusal = path.startsWith(ADMIN) ? Optional.empty() : limits.request(identity);
            if (refusal.isPresent()) {
                context.fail(RateHeaders.refusal(refusal.get()));
                return;
            }
            if (isAnswered(context, path)) {
                RateLimits.Admission place = limits.enter(identity);
                if (place.refusal().isPresent()) {
                    context.fail(RateHeaders.refusal(place.refusal().get()));
                    return;
                }
                context.addEndHandler(end -> place.finish(0));
            }
        }
        context.next();
    }

    /** Whether it takes guards and the model, rather than a glance. */
    private static boolean isAnswered(RoutingContext context, String path) {
        return context.request().method().equals(HttpMethod.POST)
                && ANSWERED.stream().anyMatch(path::endsWith);
    }

    /** What of the admin API somebody may use is decided there, by tenant. */
    private static boolean isAllowed(Identity identity, String path) {
        if (path.startsWith(METRICS)) {
            return identity.isOperator();
        }
        if (path.startsWith(ADMIN)) {
            return Stream.of(Scope.ADMIN, Scope.POLICY_READ, Scope.POLICY_WRITE, Scope.AUDIT_READ)
                    .anyMatch(identity::may);
        }
        return identity.may(path.endsWith("/v1/moderations") ? Scope.MODERATE : Scope.INFER);
    }

    private static void refuse(RoutingContext context, Throwable failure) {
        if (!(failure instanceof AuthException refused)) {
            context.fail(failure);
            return;
        }
        if (refused.isAmbiguous()) {
            context.fail(ApiException.invalidRequest(
                    400, String.valueOf(refused.getMessage()), null, "ambiguous_credentials"));
            return;
        }
        context.response().putHeader("WWW-Authenticate", "Bearer");
        context.fail(ApiException.unauthorized(String.valueOf(refused.getMessage())));
    }
}
