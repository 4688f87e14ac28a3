package dev.herd.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Log-probabilities of prompts: those of the model, however the prompt is cut and whoever is there. */
class PromptScoresTest {
    @ParameterizedTest
    @CsvSource({"0,1", "0,7", "4,3", "4,16", "16,5"})
    void everyTokenButTheFirstIsScoredAsTheModelDoes(int chunkSize, int slice) {
        FakeModelRunner runner = new FakeModelRunner(chunkSize, 4, 1000, 20);
        Engine engine = new Engine(runner, new EngineConfig(100, 4, 8, slice), () -> 0);
        int[] prompt = Requests.prompt(new Random(5), 70);
        GenerationRequest request =
                Requests.greedy(3, prompt).withCacheScope("a").withPromptLogProbs(2);
        RecordingListener first = new RecordingListener();
        RecordingListener second = new RecordingListener();
        engine.submit(request, first);
        engine.submit(Requests.greedy(30, 1, 2, 3), new RecordingListener());
        engine.submit(request, second);
        while (engine.step()) {}

        List<SampledToken> expected = new ArrayList<>();
        for (int position = 1; position < prompt.length; position++) {
            expected.add(score(runner.logits(Arrays.copyOf(prompt, position)), prompt[position]));
        }
        for (RecordingListener listener : List.of(first, second)) {
            assertThat(listener.promptScores()).hasSameSizeAs(expected);
            for (int i = 0; i < expected.size(); i++) {
                SampledToken actual = listener.promptScores().get(i);
                assertThat(actual.id()).isEqualTo(expected.get(i).id());
                assertThat(actual.logProb()).isCloseTo(expected.get(i).logProb(), within(1e-5f));
                assertThat(actual.alternatives()).hasSize(2);
                assertThat(actual.alternatives().getFirst().logProb()).isGreaterThanOrEqualTo(actual.logProb());
            }
            assertThat(listener.tokens()).isEqualTo(Requests.answer(runner, request, 100));
            assertThat(listener.stats().cachedTokens()).isZero();
        }
    }

    private static SampledToken score(float[] logits, int token) {
        double total = 0;
        for (float logit : logits) {
            total += Math.exp(logit);
        }
        return new SampledToken(token, (float) (logits[token] - Math.log(total)), List.of());
    }
}
