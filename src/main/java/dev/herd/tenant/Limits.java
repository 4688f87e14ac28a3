package dev.herd.tenant;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What a tenant or a key may use. What is null is not limited.
 *
 * @param requestsPerMinute requests of any kind
 * @param inputTokensPerMinute tokens of prompts
 * @param outputTokensPerMinute tokens of answers; the most that a request can take is reserved, the rest given back
 * @param concurrency answers under way
 * @param contextTokens longest prompt and answer together
 * @param imagesPerRequest pictures and videos of a request
 * @param imagesPerMinute pictures and videos
 * @param maxChoices answers of one request
 * @param maxTokens tokens of an answer; a longer one ends there
 * @param minTemperature lowest temperature that may be asked for
 * @param maxTemperature highest temperature that may be asked for
 * @param models names of models that may be used
 * @param imageHosts hosts that pictures may be fetched from, beneath what the server allows; {@code *.example.com} stands
 *     for all names below; an empty list forbids fetching
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Limits(
        @Nullable Integer requestsPerMinute,
        @Nullable Integer inputTokensPerMinute,
        @Nullable Integer outputTokensPerMinute,
        @Nullable Integer concurrency,
        @Nullable Integer contextTokens,
        @Nullable Integer imagesPerRequest,
        @Nullable Integer imagesPerMinute,
        @Nullable Integer maxChoices,
        @Nullable Integer maxTokens,
        @Nullable Double minTemperature,
        @Nullable Double maxTemperature,
        @Nullable List<String> models,
        @Nullable List<String> imageHosts) {
    /** Nothing is limited. */
    public static final Limits NONE =
            new Limits(null, null, null, null, null, null, null, null, null, null, null, null, null);

    public Limits {
        models = models == null ? null : List.copyOf(models);
        imageHosts = imageHosts == null ? null : List.copyOf(imageHosts);
    }

    /** Whether {@code model} may be used. */
    public boolean allowsModel(String model) {
        return models == null || models.contains(model);
    }

    /** What both allow: the smaller numbers, and the models and hosts that are in both. */
    public Limits and(Limits other) {
        return new Limits(
                smaller(requestsPerMinute, other.requestsPerMinute),
                smaller(inputTokensPerMinute, other.inputTokensPerMinute),
                smaller(outputTokensPerMinute, other.outputTokensPerMinute),
                smaller(concurrency, other.concurrency),
                smaller(contextTokens, other.contextTokens),
                smaller(imagesPerRequest, other.imagesPerRequest),
                smaller(imagesPerMinute, other.imagesPerMinute),
                smaller(maxChoices, other.maxChoices),
                smaller(maxTokens, other.maxTokens),
                greater(minTemperature, other.minTemperature),
                smaller(maxTemperature, other.maxTemperature),
                common(models, other.models),
                common(imageHosts, other.imageHosts));
    }

    private static <T extends Comparable<T>> @Nullable T smaller(@Nullable T one, @Nullable T other) {
        if (one == null || other == null) {
            return one == null ? other : one;
        }
        return one.compareTo(other) <= 0 ? one : other;
    }

    private static @Nullable Double greater(@Nullable Double one, @Nullable Double other) {
        return Objects.equals(smaller(one, other), one) && one != null && other != null
                ? other
                : one == null ? other : one;
    }

    private static @Nullable List<String> common(@Nullable List<String> one, @Nullable List<String> other) {
        if (one == null || other == null) {
            return one == null ? other : one;
        }
        return one.stream().filter(other::contains).toList();
    }
}
