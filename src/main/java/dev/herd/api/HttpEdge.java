package dev.herd.api;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.herd.api.openai.ApiException;
import io.quarkus.vertx.http.runtime.filters.Filters;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.util.UUID;
import java.util.regex.Pattern;
import org.jboss.logging.Logger;
import org.jboss.logging.MDC;

/**
 * What happens before and behind the resources: every answer gets a request id, bodies that announce themselves as too
 * large are refused unread, and what no resource answers gets OpenAI's error body.
 */
@Singleton
final class HttpEdge {
    /** Names the request in the answer and in the log. */
    static final String REQUEST_ID = "x-request-id";

    private static final String PROCESSING = "openai-processing-ms";
    private static final String VERSION = "openai-version";

    /** The version of OpenAI's API that this one follows; it has had no other. */
    private static final String OPENAI_VERSION = "2020-10-01";

    private static final Logger LOG = Logger.getLogger(HttpEdge.class);
    private static final Pattern ACCEPTABLE_ID = Pattern.compile("[A-Za-z0-9._-]{1,128}");
    private static final Pattern ESCAPED_COLON = Pattern.compile("%3[Aa]");
    private static final int COLON_PRIORITY = 1100;
    private static final int REQUEST_ID_PRIORITY = 1000;
    private static final int DRAIN_PRIORITY = 950;
    private static final int BODY_LIMIT_PRIORITY = 900;
    private static final long REFUSED_BODY_MILLIS = 2000;

    private final ObjectMapper json;
    private final ApiSettings settings;

    HttpEdge(ObjectMapper json, ApiSettings settings) {
        this.json = json;
        this.settings = settings;
    }

    void addFilters(@Observes Filters filters) {
        filters.register(HttpEdge::readColons, COLON_PRIORITY);
        filters.register(HttpEdge::addRequestId, REQUEST_ID_PRIORITY);
        filters.register(HttpEdge::drainUnreadBody, DRAIN_PRIORITY);
        filters.register(this::refuseLargeBody, BODY_LIMIT_PRIORITY);
    }

    void addFallbacks(@Observes Router router) {
        router.route().last().handler(context -> respond(context, ErrorMappers.rejection(404)));
        router.route().last().failureHandler(this::respondToFailure);
    }

    /** Some clients escape the colon before a verb of the admin API, where the framework expects it as it is. */
    private static void readColons(RoutingContext context) {
        HttpServerRequest request = context.request();
        String path = request.path();
        if (path != null
                && path.startsWith("/admin/")
                && ESCAPED_COLON.matcher(path).find()) {
            String query = request.query() == null ? "" : "?" + request.query();
            context.reroute(ESCAPED_COLON.matcher(path).replaceAll(":") + query);
            return;
        }
        context.next();
    }

    private static void addRequestId(RoutingContext context) {
        String stated = context.request().getHeader(REQUEST_ID);
        String id = stated != null && ACCEPTABLE_ID.matcher(stated).matches()
                ? stated
                : "req_" + UUID.randomUUID().toString().replace("-", "");
        context.response().putHeader(REQUEST_ID, id);
        MDC.put("requestId", id);
        long start = System.nanoTime();
        context.addHeadersEndHandler(head -> context.response()
                .putHeader(PROCESSING, Long.toString((System.nanoTime() - start) / 1_000_000))
                .putHeader(VERSION, OPENAI_VERSION));
        context.next();
    }

    /**
     * Swallows what is left of a body that was answered unread, as the next request of the connection comes after it. A
     * client that does not come to an end of it loses the connection.
     */
    private static void drainUnreadBody(RoutingContext context) {
        context.addEndHandler(answered -> {
            HttpServerRequest request = context.request();
            if (!request.isEnded() && request.version() != HttpVersion.HTTP_2) {
                request.handler(unread -> {});
                request.resume();
                context.vertx().setTimer(REFUSED_BODY_MILLIS, timer -> {
                    if (!request.isEnded()) {
                        request.connection().close();
                    }
                });
            }
        });
        context.next();
    }

    private void refuseLargeBody(RoutingContext context) {
        if (statedLength(context.request()) <= settings.maxBodyBytes()) {
            context.next();
            return;
        }
        HttpServerRequest request = context.request();
        context.response().putHeader(HttpHeaders.CONNECTION, HttpHeaders.CLOSE);
        respond(context, ErrorMappers.rejection(413));
        // Swallow what is on its way, so that the client reads the answer instead of a reset connection.
        request.endHandler(end -> request.connection().close());
        request.resume();
        context.vertx()
                .setTimer(REFUSED_BODY_MILLIS, timer -> request.connection().close());
    }

    private static long statedLength(HttpServerRequest request) {
        String length = request.getHeader(HttpHeaders.CONTENT_LENGTH);
        return length != null && length.matches("\\d{1,18}")
                ? Long.parseLong(length)
                : length == null ? 0 : Long.MAX_VALUE;
    }

    private void respondToFailure(RoutingContext context) {
        Throwable failure = context.failure();
        if (context.response().ended()) {
            return;
        }
        if (failure instanceof ApiException error) {
            respond(context, error);
            return;
        }
        if (failure != null) {
            LOG.error("a request failed", failure);
        }
        respond(context, ErrorMappers.rejection(failure == null ? context.statusCode() : 500));
    }

    private void respond(RoutingContext context, ApiException error) {
        if (context.response().headWritten()) {
            context.response().end();
            return;
        }
        context.response().setStatusCode(error.status()).putHeader(HttpHeaders.CONTENT_TYPE, "application/json");
        error.retryAfterHeader().ifPresent(seconds -> context.response().putHeader(HttpHeaders.RETRY_AFTER, seconds));
        context.response().end(Buffer.buffer(bytes(error)));
    }

    private byte[] bytes(ApiException error) {
        try {
            return json.writeValueAsBytes(error.body());
        } catch (JsonProcessingException impossible) {
            throw new IllegalStateException(impossible);
        }
    }
}
