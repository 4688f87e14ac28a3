package dev.herd.api;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.exc.InputCoercionException;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.exc.InvalidFormatException;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import dev.herd.api.openai.ApiException;
import dev.herd.api.openai.JsonPaths;
import dev.herd.api.openai.MessageContent;
import dev.herd.api.openai.PromptInput;
import dev.herd.safety.PolicyException;
import dev.herd.tenant.StoreException;
import jakarta.validation.ConstraintViolation;
import jakarta.validation.ConstraintViolationException;
import jakarta.ws.rs.NotAllowedException;
import jakarta.ws.rs.WebApplicationException;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jboss.logging.Logger;
import org.jboss.resteasy.reactive.server.ServerExceptionMapper;
import org.jspecify.annotations.Nullable;

/** Turns whatever goes wrong in a resource into OpenAI's error body. */
final class ErrorMappers {
    private static final Logger LOG = Logger.getLogger(ErrorMappers.class);
    private static final Duration STORE_RETRY = Duration.ofSeconds(2);

    @ServerExceptionMapper
    Response map(ApiException error) {
        return respond(error);
    }

    @ServerExceptionMapper
    Response map(MismatchedInputException mismatch) {
        return respond(error(mismatch));
    }

    @ServerExceptionMapper
    Response map(JsonProcessingException malformed) {
        return respond(error(malformed));
    }

    @ServerExceptionMapper
    Response map(ConstraintViolationException violations) {
        return respond(violation(violations.getConstraintViolations()));
    }

    @ServerExceptionMapper
    Response map(StoreException failure) {
        String message = String.valueOf(failure.getMessage());
        return respond(
                switch (failure.reason()) {
                    case NOT_FOUND -> ApiException.invalidRequest(404, message, null, "not_found");
                    case EXISTS -> ApiException.invalidRequest(409, "It exists already.", null, "already_exists");
                    case STALE ->
                        ApiException.invalidRequest(
                                412, "It has changed since it was read.", null, "precondition_failed");
                    case CONFLICT -> ApiException.invalidRequest(409, message, null, "conflict");
                    case INVALID -> ApiException.invalidRequest(400, message, null, "invalid_value");
                    case UNAVAILABLE -> {
                        LOG.error(message);
                        yield ApiException.unavailable("The store cannot be used; try again later.", STORE_RETRY);
                    }
                });
    }

    @ServerExceptionMapper
    Response map(PolicyException unusable) {
        return respond(ApiException.invalidRequest(
                400, String.valueOf(unusable.getMessage()), "spec" + unusable.pointer(), "invalid_policy"));
    }

    /** What the client is told of JSON that is malformed or of the wrong type. */
    static ApiException error(JsonProcessingException wrong) {
        if (!(wrong instanceof MismatchedInputException mismatch)) {
            return wrong.getCause() instanceof InputCoercionException ? outOfRange(wrong) : invalidJson(wrong);
        }
        boolean hasTrailer =
                mismatch.getPath().isEmpty() && mismatch.getOriginalMessage().startsWith("Trailing token");
        return hasTrailer ? invalidJson(mismatch) : wrongType(mismatch);
    }

    /** What the client is told of values that violate constraints: the first of them. */
    static ApiException violation(Set<? extends ConstraintViolation<?>> violations) {
        ConstraintViolation<?> first = violations.stream()
                .min(Comparator.comparing(
                        violation -> violation.getPropertyPath().toString()))
                .orElseThrow();
        String path = JsonPaths.of(first.getPropertyPath());
        if (path == null) {
            return ApiException.invalidRequest(400, "The request has no body.", null, "invalid_json");
        }
        boolean isMissing = first.getInvalidValue() == null;
        return ApiException.invalidRequest(
                400,
                "'" + path + "' " + first.getMessage() + ".",
                path,
                isMissing ? "missing_required_parameter" : "invalid_value");
    }

    @ServerExceptionMapper
    Response map(WebApplicationException rejected, ContainerRequestContext request) {
        if (rejected.getCause() instanceof JsonProcessingException malformed) {
            return respond(error(malformed));
        }
        String path = request.getUriInfo().getPath();
        if (rejected instanceof NotAllowedException || AllowedMethods.isRefused(request.getMethod(), path)) {
            return Response.fromResponse(respond(rejection(405)))
                    .header(HttpHeaders.ALLOW, AllowedMethods.of(path))
                    .build();
        }
        return respond(rejection(rejected.getResponse().getStatus()));
    }

    @ServerExceptionMapper
    Response map(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof BodyTooLargeException tooLarge) {
                return respond(tooLarge.error());
            }
            if (cause instanceof IOException) {
                return respond(ApiException.invalidRequest(400, "The body could not be read to its end.", null, null));
            }
        }
        LOG.error("a request failed", failure);
        return respond(ApiException.internal());
    }

    /** The envelope for a status that a router or framework decided on. */
    static ApiException rejection(int status) {
        return switch (status) {
            case 404 -> ApiException.invalidRequest(404, "There is nothing at this path.", null, "unknown_url");
            case 405 ->
                ApiException.invalidRequest(405, "This path does not have this method.", null, "method_not_supported");
            case 406 ->
                ApiException.invalidRequest(406, "Answers are application/json or text/event-stream.", null, null);
            case 413 -> ApiException.invalidRequest(413, "The body is too large.", null, "request_too_large");
            case 415 ->
                ApiException.invalidRequest(415, "The body must be application/json.", null, "unsupported_media_type");
            default ->
                status >= 400 && status < 500
                        ? ApiException.invalidRequest(status, "The request was not understood.", null, null)
                        : ApiException.internal();
        };
    }

    /** The answer that carries an error. */
    static Response respond(ApiException error) {
        Response.ResponseBuilder response = Response.status(error.status())
                .type(MediaType.APPLICATION_JSON_TYPE)
                .entity(error.body());
        error.retryAfterHeader().ifPresent(seconds -> response.header(HttpHeaders.RETRY_AFTER, seconds));
        return response.build();
    }

    private static ApiException invalidJson(JsonProcessingException malformed) {
        String where = malformed.getLocation() == null
                ? ""
                : " at line " + malformed.getLocation().getLineNr() + ", column "
                        + malformed.getLocation().getColumnNr();
        String path = malformed instanceof JsonMappingException mapping ? JsonPaths.of(mapping.getPath()) : null;
        boolean isTooLarge = malformed instanceof StreamConstraintsException
                || malformed.getCause() instanceof StreamConstraintsException;
        String what =
                isTooLarge ? "The body nests too deeply or has too long a number or name" : "The body is no valid JSON";
        return ApiException.invalidRequest(400, what + where + ".", path, "invalid_json");
    }

    /** An integer that the field's type cannot hold. */
    private static ApiException outOfRange(JsonProcessingException number) {
        String path = number instanceof JsonMappingException mapping ? JsonPaths.of(mapping.getPath()) : null;
        return ApiException.invalidValue(path, "'" + path + "' is too large a number.");
    }

    private static ApiException wrongType(MismatchedInputException mismatch) {
        String path = JsonPaths.of(mismatch.getPath());
        Class<?> type = mismatch.getTargetType();
        if (mismatch instanceof InvalidFormatException && type != null && type.isEnum()) {
            return ApiException.invalidValue(path, "'" + path + "' must be one of " + names(type) + ".");
        }
        return ApiException.invalidRequest(
                400,
                path == null ? "The body must be a JSON object." : "'" + path + "' must be " + expected(type) + ".",
                path,
                "invalid_type");
    }

    private static String names(Class<?> type) {
        return Arrays.stream(type.getEnumConstants())
                .map(constant -> constant.toString().toLowerCase(Locale.ROOT))
                .collect(Collectors.joining(", "));
    }

    private static String expected(@Nullable Class<?> type) {
        if (type == Double.class) {
            return "a number";
        }
        if (type == Integer.class || type == Long.class) {
            return "an integer";
        }
        if (type == Boolean.class) {
            return "true or false";
        }
        if (type == String.class || (type != null && type.isEnum())) {
            return "a string";
        }
        if (type == MessageContent.class) {
            return "a string or an array of content parts";
        }
        if (type == PromptInput.class) {
            return "a string, an array of strings, an array of token ids, or an array of such arrays";
        }
        if (type != null && (Collection.class.isAssignableFrom(type) || type.isArray())) {
            return "an array";
        }
        return type != null && (type.isRecord() || Map.class.isAssignableFrom(type)) ? "an object" : "of another type";
    }
}
