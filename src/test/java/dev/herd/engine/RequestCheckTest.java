package dev.herd.engine;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class RequestCheckTest {
    private final RequestCheck check = new RequestCheck(16, 100, Optional.empty());

    private static GenerationRequest request(SamplingParams sampling, int maxTokens, int... prompt) {
        return new GenerationRequest(prompt, sampling, maxTokens, Set.of());
    }

    private static SamplingParams sampling(float temperature, float topP, int topK, float minP, float repetition) {
        return new SamplingParams(temperature, topP, topK, minP, repetition, 0, 0, Map.of(), 0, -1);
    }

    private static SamplingParams rest(float frequency, float presence, Map<Integer, Float> bias, int topLogProbs) {
        return new SamplingParams(0, 1, 0, 0, 1, frequency, presence, bias, 0, topLogProbs);
    }

    static Stream<Arguments> refusals() {
        SamplingParams greedy = SamplingParams.greedy();
        return Stream.of(
                Arguments.of(request(greedy, 1), "the prompt must have at least one token"),
                Arguments.of(
                        request(greedy, 1, 5, 100), "prompt[1] is token 100, outside the vocabulary of 100 tokens"),
                Arguments.of(request(greedy, 1, -1), "prompt[0] is token -1"),
                Arguments.of(request(greedy, 0, 1), "maxTokens must be at least 1, not 0"),
                Arguments.of(
                        new GenerationRequest(
                                new int[] {1},
                                greedy,
                                1,
                                Set.of(),
                                List.of(),
                                Optional.empty(),
                                -1,
                                0,
                                Optional.empty()),
                        "minTokens must not be negative: -1"),
                Arguments.of(
                        new GenerationRequest(new int[] {1}, greedy, 1, Set.of(-5)),
                        "stopTokens must not be negative: -5"),
                Arguments.of(request(sampling(-1, 1, 0, 0, 1), 1, 1), "temperature must lie between 0.0 and"),
                Arguments.of(request(sampling(Float.NaN, 1, 0, 0, 1), 1, 1), "temperature"),
                Arguments.of(request(sampling(Float.POSITIVE_INFINITY, 1, 0, 0, 1), 1, 1), "temperature"),
                Arguments.of(request(sampling(1, 1.1f, 0, 0, 1), 1, 1), "topP"),
                Arguments.of(request(sampling(1, -0.1f, 0, 0, 1), 1, 1), "topP"),
                Arguments.of(request(sampling(1, 1, -1, 0, 1), 1, 1), "topK"),
                Arguments.of(request(sampling(1, 1, 0, 2, 1), 1, 1), "minP"),
                Arguments.of(request(sampling(1, 1, 0, 0, 0), 1, 1), "repetitionPenalty"),
                Arguments.of(request(rest(Float.NaN, 0, Map.of(), -1), 1, 1), "frequencyPenalty"),
                Arguments.of(request(rest(0, Float.POSITIVE_INFINITY, Map.of(), -1), 1, 1), "presencePenalty"),
                Arguments.of(request(rest(0, 0, Map.of(100, 1f), -1), 1, 1), "logitBias is token 100"),
                Arguments.of(request(rest(0, 0, Map.of(4, Float.NaN), -1), 1, 1), "logitBias[4]"),
                Arguments.of(request(rest(0, 0, Map.of(), -2), 1, 1), "topLogProbs"),
                Arguments.of(request(rest(0, 0, Map.of(), 101), 1, 1), "topLogProbs"));
    }

    @ParameterizedTest
    @MethodSource("refusals")
    void valuesOutOfRangeAreRefusedByName(GenerationRequest request, String message) {
        assertThatThrownBy(() -> check.check(request))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith(message);
    }

    @Test
    void valuesAtTheEdgesAreAccepted() {
        assertThatCode(() -> {
                    check.check(request(sampling(0, 0, 0, 0, 0.1f), Integer.MAX_VALUE, new int[15]));
                    check.check(request(sampling(2, 1, 1000, 1, 2), 1, 0, 99));
                    check.check(request(rest(-2, 2, Map.of(99, Float.NEGATIVE_INFINITY), 100), 1, 1));
                })
                .doesNotThrowAnyException();
    }

    @Test
    void aPromptOfTheWholeContextIsRefused() {
        assertThatThrownBy(() -> check.check(request(SamplingParams.greedy(), 1, new int[16])))
                .isInstanceOf(ContextLengthException.class)
                .hasMessageContaining("16 tokens");
    }
}
