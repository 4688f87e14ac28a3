package dev.herd.api;

import dev.herd.api.openai.ApiException;
import dev.herd.api.openai.GenerationFields;
import dev.herd.api.openai.SamplingDefaults;
import dev.herd.media.FetchPolicy;
import dev.herd.tenant.Identity;
import dev.herd.tenant.Limits;
import dev.herd.tenant.RateLimits;
import dev.herd.tenant.ServerKey;
import jakarta.inject.Singleton;
import org.jspecify.annotations.Nullable;

/** What whoever sent the request may use. */
@Singleton
final class CallerLimits {
    private final Access access;
    private final RateLimits rates;

    CallerLimits(Access access, RateLimits rates) {
        this.access = access;
        this.rates = rates;
    }

    /** The tenant that the request acts for. */
    String tenant() {
        return access.current().caller().tenant();
    }

    /** What computed prompts of the request may be shared under: the tenant's salt, which a client's can only divide. */
    String cacheSalt(@Nullable String ofClient) {
        String ofTenant = access.current().caller().cacheSalt();
        if (ofClient == null || ofClient.isEmpty()) {
            return ofTenant;
        }
        // Without tenants there is no salt, and nobody else's either.
        return ofTenant.isEmpty() ? ofClient : ServerKey.clientSalt(ofTenant, ofClient);
    }

    /**
     * Requires that the caller may use a model.
     *
     * @throws ApiException 404, as for a model that does not exist
     */
    void requireModel(String model) {
        if (!allowsModel(model)) {
            throw ApiException.modelNotFound(model);
        }
    }

    /** Whether the caller may use a model. */
    boolean allowsModel(String model) {
        return limits().allowsModel(model);
    }

    /**
     * Requires that the caller may ask for such sampling.
     *
     * @throws ApiException 400
     */
    void requireSampling(GenerationFields fields) {
        Limits limits = limits();
        if (limits.maxChoices() != null && fields.choiceCount() > limits.maxChoices()) {
            throw ApiException.invalidValue("n", "'n' must be at most " + limits.maxChoices() + " for this key.");
        }
        Double temperature = fields.temperature();
        if (temperature != null
                && (isBelow(temperature, limits.minTemperature()) || isAbove(temperature, limits.maxTemperature()))) {
            throw ApiException.invalidValue("temperature", "'temperature' must be " + range(limits) + " for this key.");
        }
    }

    private static boolean isBelow(double value, @Nullable Double least) {
        return least != null && value < least;
    }

    private static boolean isAbove(double value, @Nullable Double most) {
        return most != null && value > most;
    }

    private static String range(Limits limits) {
        return "from " + (limits.minTemperature() == null ? 0 : limits.minTemperature()) + " to "
                + (limits.maxTemperature() == null ? 2 : limits.maxTemperature());
    }

    /** What the caller gets without asking: the model's, with its temperature brought into the caller's range. */
    SamplingDefaults defaults(SamplingDefaults model) {
        Limits limits = limits();
        if (limits.minTemperature() == null && limits.maxTemperature() == null) {
            return model;
        }
        double standard = model.temperature() == null ? 1 : model.temperature();
        double least = limits.minTemperature() == null ? standard : Math.max(standard, limits.minTemperature());
        double most = limits.maxTemperature() == null ? least : Math.min(least, limits.maxTemperature());
        return new SamplingDefaults((float) most, model.topP(), model.topK());
    }

    /** Longest prompt and answer together. */
    int contextLength(ServedModel model) {
        Integer limit = limits().contextTokens();
        return limit == null ? model.contextLength() : Math.min(limit, model.contextLength());
    }

    /** Tokens of an answer at most. */
    int maxTokens(int wanted) {
        Integer limit = limits().maxTokens();
        return limit == null ? wanted : Math.min(limit, wanted);
    }

    /** Pictures and videos of a request at most. */
    int maxImages(int most) {
        Integer limit = limits().imagesPerRequest();
        return limit == null ? most : Math.min(limit, most);
    }

    /** What may be fetched. */
    FetchPolicy fetchPolicy(FetchPolicy server) {
        return limits().imageHosts() == null ? server : server.within(limits().imageHosts());
    }

    /**
     * Takes what an answer needs.
     *
     * @throws ApiException 429 if it is beyond a limit
     */
    RateLimits.Admission admit(long promptTokens, long outputTokens, long images) {
        RateLimits.Admission admission = rates.answer(access.current(), promptTokens, outputTokens, images);
        admission.refusal().ifPresent(refusal -> {
            throw RateHeaders.refusal(refusal);
        });
        return admission;
    }

    private Limits limits() {
        Identity identity = access.current();
        return identity.limits();
    }
}
