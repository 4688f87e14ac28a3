package dev.herd.api.openai;

import java.time.Duration;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** An error that the client is told about, in OpenAI's form. The message contains nothing of the server's internals. */
public final class ApiException extends RuntimeException {
    private static final String INVALID_REQUEST = "invalid_request_error";
    private static final String SERVER_ERROR = "server_error";
    private static final int LONGEST_NAME = 100;

    private final int status;
    private final transient ErrorBody body;
    private final transient @Nullable Duration retryAfter;

    private ApiException(int status, ErrorBody body, @Nullable Duration retryAfter) {
        super(body.error().message(), null, false, false);
        this.status = status;
        this.body = body;
        this.retryAfter = retryAfter;
    }

    /** 400: {@code param} has a value that is not accepted. */
    public static ApiException invalidValue(@Nullable String param, String message) {
        return invalidRequest(400, message, param, "invalid_value");
    }

    /** 400: a field that OpenAI has and Herd has not. */
    public static ApiException unsupportedParameter(String param) {
        return invalidRequest(400, "'" + param + "' is not supported with this value.", param, "unsupported_parameter");
    }

    /** 4xx: the request cannot be served as it is. */
    public static ApiException invalidRequest(
            int status, String message, @Nullable String param, @Nullable String code) {
        return new ApiException(status, ErrorBody.of(message, INVALID_REQUEST, param, code), null);
    }

    /** 404: no such model. */
    public static ApiException modelNotFound(String model) {
        String name = model.length() <= LONGEST_NAME ? model : model.substring(0, LONGEST_NAME) + "…";
        return invalidRequest(404, "The model '" + name + "' does not exist.", "model", "model_not_found");
    }

    /** 401: nothing tells acceptably who sent the request. */
    public static ApiException unauthorized(String message) {
        return new ApiException(401, ErrorBody.of(message, "authentication_error", null, "invalid_api_key"), null);
    }

    /** 403: whoever sent the request may not do this. */
    public static ApiException forbidden(String message) {
        return new ApiException(403, ErrorBody.of(message, "permission_error", null, "insufficient_scope"), null);
    }

    /** 429: a limit of the tenant or the key is reached. */
    public static ApiException rateLimited(String message, Duration retryAfter) {
        return new ApiException(
                429, ErrorBody.of(message, "rate_limit_error", null, "rate_limit_exceeded"), retryAfter);
    }

    /** 503: what is needed for an answer cannot be reached. */
    public static ApiException unavailable(String message, Duration retryAfter) {
        return new ApiException(503, ErrorBody.of(message, SERVER_ERROR, null, "store_unavailable"), retryAfter);
    }

    /** 429: the queue is full. */
    public static ApiException overloaded(Duration retryAfter) {
        return new ApiException(
                429,
                ErrorBody.of(
                        "Too many requests are waiting; try again later.",
                        "rate_limit_error",
                        null,
                        "rate_limit_exceeded"),
                retryAfter);
    }

    /** 503: the model is not ready yet. */
    public static ApiException modelLoading(Duration retryAfter) {
        return new ApiException(
                503,
                ErrorBody.of("The model is being loaded; try again later.", SERVER_ERROR, null, "model_loading"),
                retryAfter);
    }

    /** 503: the process is about to end. */
    public static ApiException shuttingDown() {
        return new ApiException(
                503,
                ErrorBody.of("The server is shutting down.", SERVER_ERROR, null, "shutting_down"),
                Duration.ofSeconds(1));
    }

    /** 400: the safety policy does not let the request pass. */
    public static ApiException contentFilter(String message, String param, @Nullable SafetyReport safety) {
        return new ApiException(
                400,
                new ErrorBody(new ErrorBody.Detail(message, INVALID_REQUEST, param, "content_filter", safety)),
                null);
    }

    /** 503: the safety policy demands an answer of a guard that gives none. */
    public static ApiException safetyUnavailable(@Nullable SafetyReport safety) {
        return new ApiException(
                503,
                new ErrorBody(new ErrorBody.Detail(
                        "The request could not be checked against the safety policy; try again later.",
                        SERVER_ERROR,
                        null,
                        "safety_unavailable",
                        safety)),
                Duration.ofSeconds(1));
    }

    /** 503: a guard that was asked directly gives no answer. */
    public static ApiException guardUnavailable(String guard, Duration retryAfter) {
        return new ApiException(
                503,
                new ErrorBody(new ErrorBody.Detail(
                        "The guard '" + guard + "' gives no answer; try again later.",
                        SERVER_ERROR,
                        null,
                        "guard_unavailable",
                        null)),
                retryAfter);
    }

    /**
     * 500: a guard that was asked directly gives no answer, and none is to be expected of it.
     *
     * @param code tells why
     */
    public static ApiException guardFailed(String message, String code) {
        return new ApiException(
                500, new ErrorBody(new ErrorBody.Detail(message, SERVER_ERROR, null, code, null)), null);
    }

    /** 500: nothing is wrong with the request. */
    public static ApiException internal() {
        return new ApiException(
                500,
                ErrorBody.of("The server had an error while processing the request.", SERVER_ERROR, null, null),
                null);
    }

    /** The same error in the terms of another request, whose fields {@code paths} tells from this one's. */
    public ApiException renamed(UnaryOperator<String> paths) {
        String param = body.error().param();
        String other = param == null ? null : paths.apply(param);
        if (param == null || other == null || other.equals(param)) {
            return this;
        }
        String message = body.error().message().replace("'" + param + "'", "'" + other + "'");
        return new ApiException(status, body.about(other, message), retryAfter);
    }

    /** HTTP status. */
    public int status() {
        return status;
    }

    /** Body of the answer. */
    public ErrorBody body() {
        return body;
    }

    /** When to try again. */
    public Optional<Duration> retryAfter() {
        return Optional.ofNullable(retryAfter);
    }

    /** Value of the {@code Retry-After} header: whole seconds, at least one. */
    public Optional<String> retryAfterHeader() {
        return retryAfter()
                .map(wait -> Long.toString(Math.max(1, wait.plusMillis(999).toSeconds())));
    }
}
