package dev.herd.api;

import dev.herd.api.openai.ApiException;
import dev.herd.tenant.RateLimits.Quantity;
import dev.herd.tenant.RateLimits.Refusal;
import dev.herd.tenant.RateLimits.Standing;
import io.vertx.core.MultiMap;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.function.Predicate;

/** What clients are told of their limits: OpenAI's headers, and refusals. */
final class RateHeaders {
    private RateHeaders() {}

    /** Adds what is left of requests and of tokens; of several limits the one that is closest. */
    static void add(MultiMap headers, List<Standing> standings) {
        add(headers, "requests", standings, standing -> standing.quantity() == Quantity.REQUESTS);
        add(headers, "tokens", standings, standing -> standing.quantity() != Quantity.REQUESTS);
    }

    private static void add(MultiMap headers, String what, List<Standing> standings, Predicate<Standing> isAbout) {
        standings.stream()
                .filter(isAbout)
                .min(Comparator.comparingDouble(Standing::share))
                .ifPresent(standing -> headers.set("x-ratelimit-limit-" + what, Long.toString(standing.limit()))
                        .set("x-ratelimit-remaining-" + what, Long.toString(standing.remaining()))
                        .set("x-ratelimit-reset-" + what, seconds(standing.reset())));
    }

    private static String seconds(Duration time) {
        return String.format(Locale.ROOT, "%.3fs", time.toNanos() / 1e9);
    }

    /** What somebody is told whose request is beyond a limit. */
    static ApiException refusal(Refusal refusal) {
        String limit = refusal.limit() + " " + refusal.quantity().label();
        return refusal.retryAfter().isZero()
                ? ApiException.invalidRequest(
                        400, "The request alone is more than the limit of " + limit + ".", null, "request_too_large")
                : ApiException.rateLimited("The limit of " + limit + " is reached.", refusal.retryAfter());
    }
}
