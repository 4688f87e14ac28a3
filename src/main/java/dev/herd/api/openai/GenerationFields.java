package dev.herd.api.openai;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The fields that decide how an answer is generated, whatever kind of request they come in. Null asks for the default. */
public interface GenerationFields {
    /** How many answers are wanted of each prompt. */
    int choiceCount();

    /** Tokens of each answer at most; null for what the context leaves. */
    @Nullable
    Integer tokenLimit();

    /** Strings that end an answer. */
    @Nullable
    List<String> stop();

    /** Further ids that end an answer. */
    @Nullable
    List<Integer> stopTokenIds();

    /** Whether the model's own stop tokens do not end an answer. */
    @Nullable
    Boolean ignoreEos();

    /** Before that many tokens nothing but the length ends an answer. */
    default @Nullable Integer minTokens() {
        return null;
    }

    /** Requests of smaller numbers are admitted first. */
    default @Nullable Integer priority() {
        return null;
    }

    /** Whether an answer contains the stop string that ends it. */
    default @Nullable Boolean includeStopStrInOutput() {
        return null;
    }

    /** False shows special tokens by name. */
    default @Nullable Boolean skipSpecialTokens() {
        return null;
    }

    /** Whether log-probabilities are wanted. */
    boolean wantsLogprobs();

    /** Alternatives wanted with each log-probability. */
    @Nullable
    Integer topLogprobs();

    /** 0 takes the most likely token. */
    @Nullable
    Double temperature();

    /** Keeps the most likely tokens up to this cumulative probability. */
    @Nullable
    Double topP();

    /** Keeps this many tokens; 0 is off. */
    @Nullable
    Integer topK();

    /** Keeps tokens of at least this share of the best one. */
    @Nullable
    Double minP();

    /** 1 is off. */
    @Nullable
    Double repetitionPenalty();

    /** Is subtracted per occurrence in the answer. */
    @Nullable
    Double frequencyPenalty();

    /** Is subtracted once if the token occurs in the answer. */
    @Nullable
    Double presencePenalty();

    /** Token id to a number that is added to its logit. */
    @Nullable
    Map<String, Double> logitBias();

    /** The same seed gives the same answer to the same request. */
    @Nullable
    Long seed();

    /** What is computed of the prompt is shared only with requests of the same salt. */
    @Nullable
    String cacheSalt();

    /** The other fields of the request, of which {@link ResponseFormat} reads some. */
    @Nullable
    Map<String, JsonNode> others();
}
