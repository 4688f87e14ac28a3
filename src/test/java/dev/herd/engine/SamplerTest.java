package dev.herd.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.herd.kernels.Floats;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SamplerTest {
    private static final float EXCLUDED = Float.NEGATIVE_INFINITY;

    private static SamplingParams cutOffs(float temperature, float topP, int topK, float minP) {
        return new SamplingParams(temperature, topP, topK, minP, 1, 0, 0, Map.of(), 11, -1);
    }

    private static SamplingParams withBias(Map<Integer, Float> bias, int topLogProbs) {
        return new SamplingParams(0, 1, 0, 0, 1, 0, 0, bias, 0, topLogProbs);
    }

    private static GenerationRequest request(SamplingParams sampling, int... prompt) {
        return new GenerationRequest(prompt, sampling, 100, Set.of());
    }

    private static SampledToken sample(SamplingParams sampling, int index, float... logits) {
        return sample(request(sampling, 0), List.of(), index, logits);
    }

    private static SampledToken sample(GenerationRequest request, List<Integer> answer, int index, float... logits) {
        Occurrences occurrences = new Occurrences(request, logits.length);
        answer.forEach(occurrences::add);
        return new Sampler(logits.length).sample(Floats.copyOf(logits), 0, request.sampling(), occurrences, index);
    }

    /** All tokens that many draws bring. */
    private static Set<Integer> drawn(SamplingParams sampling, float... logits) {
        Set<Integer> drawn = new TreeSet<>();
        for (int index = 0; index < 2000; index++) {
            drawn.add(sample(sampling, index, logits).id());
        }
        return drawn;
    }

    private static float[] randomLogits(Random random, int size, float spread) {
        float[] logits = new float[size];
        for (int token = 0; token < size; token++) {
            logits[token] = spread * (float) random.nextGaussian();
            if (random.nextInt(8) == 0) {
                logits[token] = Math.round(logits[token]); // ties, zeros of both signs among them
            }
            if (random.nextInt(30) == 0) {
                logits[token] = EXCLUDED;
            }
        }
        logits[random.nextInt(size)] = 1;
        return logits;
    }

    private static SamplingParams randomSampling(Random random, int size) {
        Map<Integer, Float> bias = new HashMap<>();
        for (int i = random.nextInt(3); i > 0; i--) {
            bias.put(random.nextInt(size), random.nextInt(6) == 0 ? EXCLUDED : (float) random.nextGaussian());
        }
        return new SamplingParams(
                random.nextInt(8) == 0 ? 0.01f : 0.2f + 2 * random.nextFloat(),
                random.nextBoolean() ? 1 : random.nextFloat(),
                random.nextBoolean() ? 0 : 1 + random.nextInt(size + 3),
                random.nextBoolean() ? 0 : random.nextFloat() * random.nextFloat(),
                random.nextBoolean() ? 1 : 0.5f + random.nextFloat(),
                random.nextBoolean() ? 0 : random.nextFloat() - 0.3f,
                random.nextBoolean() ? 0 : random.nextFloat() - 0.3f,
                bias,
                random.nextLong(),
                random.nextInt(6) - 1);
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 7, 64, 65, 1021})
    void everyOptionEqualsTheDefinition(int size) {
        int seeds = size < 1000 ? 300 : 60;
        for (long seed = 0; seed < seeds; seed++) {
            Random random = new Random(seed);
            float[] logits = randomLogits(random, size, 1 + 4 * random.nextFloat());
            GenerationRequest request = request(
                    randomSampling(random, size),
                    random.ints(1 + random.nextInt(9), 0, size).toArray());
            List<Integer> answer =
                    random.ints(random.nextInt(9), 0, size).boxed().toList();
            double[] adjusted = ReferenceSampler.adjusted(logits, request, answer);
            double uniform = Sampler.uniform(request.sampling().seed(), answer.size());
            if (Arrays.stream(adjusted).allMatch(logit -> logit == Double.NEGATIVE_INFINITY)) {
                assertThatThrownBy(() -> sample(request, answer, 0, logits)).hasMessageContaining("are excluded");
                continue;
            }
            int expected = ReferenceSampler.draw(ReferenceSampler.kept(adjusted, request.sampling()), uniform);

            SampledToken sampled = sample(request, answer, answer.size(), logits);

            assertThat(sampled.id()).as("seed %d, %s", seed, request.sampling()).isEqualTo(expected);
            checkLogProbs(sampled, adjusted, request.sampling().topLogProbs(), seed);
        }
    }

    private static void checkLogProbs(SampledToken sampled, double[] adjusted, int asked, long seed) {
        if (asked < 0) {
            assertThat(sampled.logProb()).isNaN();
            assertThat(sampled.alternatives()).isEmpty();
            return;
        }
        double[] expected = ReferenceSampler.logSoftmax(adjusted);
        SamplingParams plain = cutOffs(1, 1, asked, 0);
        List<ReferenceSampler.Candidate> best = asked == 0 ? List.of() : ReferenceSampler.kept(adjusted, plain);
        assertThat(sampled.logProb()).as("seed %d", seed).isCloseTo((float) expected[sampled.id()], within(1e-5f));
        assertThat(sampled.alternatives().stream().map(SampledToken.Alternative::id))
                .as("seed %d", seed)
                .isEqualTo(best.stream().map(ReferenceSampler.Candidate::token).toList());
        assertThat(sampled.alternatives())
                .allSatisfy(alternative ->
                        assertThat(alternative.logProb()).isCloseTo((float) expected[alternative.id()], within(1e-5f)));
    }

    @ParameterizedTest
    @CsvSource({"1,1,0,0", "0.7,0.9,0,0", "1.5,1,3,0", "1,1,0,0.2", "0.8,0.8,6,0.05"})
    void drawsFollowTheProbabilities(float temperature, float topP, int topK, float minP) {
        float[] logits = {1.5f, -0.5f, 0.25f, 2f, EXCLUDED, 0.25f, -3f, 1f};
        SamplingParams sampling = cutOffs(temperature, topP, topK, minP);
        double[] adjusted = ReferenceSampler.adjusted(logits, request(sampling, 0), List.of());
        int draws = 40_000;
        int[] counts = new int[logits.length];

        Sampler sampler = new Sampler(logits.length);
        Occurrences occurrences = new Occurrences(request(sampling, 0), logits.length);
        for (int index = 0; index < draws; index++) {
            counts[
                    sampler.sample(Floats.copyOf(logits), 0, sampling, occurrences, index)
                            .id()]++;
        }

        int kept = 0;
        for (ReferenceSampler.Candidate candidate : ReferenceSampler.kept(adjusted, sampling)) {
            double probability = candidate.probability();
            double deviation = Math.sqrt(probability * (1 - probability) / draws);
            assertThat(counts[candidate.token()] / (double) draws)
                    .as("token %d", candidate.token())
                    .isCloseTo(probability, within(4.5 * deviation + 1e-9));
            kept += counts[candidate.token()];
        }
        assertThat(kept).isEqualTo(draws);
    }

    @Test
    void temperatureZeroTakesTheLowestOfTheMostLikely() {
        assertThat(sample(SamplingParams.greedy(), 0, 1, 3, -1, 3).id()).isEqualTo(1);
        assertThat(sample(SamplingParams.greedy(), 0, EXCLUDED, -0.0f, 0.0f).id())
                .isEqualTo(1);
        assertThat(sample(SamplingParams.greedy(), 0, -5).id()).isZero();
    }

    @Test
    void topPKeepsTheTokenThatCrossesIt() {
        float[] uniform = {0, 0, 0, 0};
        assertThat(drawn(cutOffs(1, 0.5f, 0, 0), uniform)).containsExactly(0, 1, 2); // 0.5 before the third
        assertThat(drawn(cutOffs(1, Math.nextDown(0.5f), 0, 0), uniform)).containsExactly(0, 1);
        assertThat(drawn(cutOffs(1, 0.75f, 0, 0), uniform)).containsExactly(0, 1, 2, 3);
        assertThat(drawn(cutOffs(1, 0, 0, 0), uniform)).containsExactly(0);
        assertThat(drawn(cutOffs(1, Math.nextDown(1f), 0, 0), uniform)).containsExactly(0, 1, 2, 3);
    }

    @Test
    void topPCountsProbabilitiesAmongTheTopK() {
        float[] logits = {(float) Math.log(4), (float) Math.log(3), (float) Math.log(2), 0};

        assertThat(drawn(cutOffs(1, 0.55f, 2, 0), logits)).containsExactly(0);
        assertThat(drawn(cutOffs(1, 0.55f, 0, 0), logits)).containsExactly(0, 1);
    }

    @Test
    void topKKeepsTheLowestIdsOfEqualLogits() {
        assertThat(drawn(cutOffs(1, 1, 3, 0), 1, 2, 1, 1, 2)).containsExactly(0, 1, 4);
        assertThat(drawn(cutOffs(1, 1, 1, 0), 1, 2, 1, 1, 2)).containsExactly(1);
        assertThat(drawn(cutOffs(1, 1, 99, 0), 1, 2, 1)).containsExactly(0, 1, 2);
    }

    @Test
    void minPKeepsTokensOfAtLeastItsShare() {
        float half = (float) Math.log(0.5);
        assertThat(drawn(cutOffs(1, 1, 0, 0.49f), 0, half, -3)).containsExactly(0, 1);
        assertThat(drawn(cutOffs(1, 1, 0, 0.51f), 0, half, -3)).containsExactly(0);
        assertThat(drawn(cutOffs(1, 1, 0, 1), 5, 4, 5)).containsExactly(0, 2);
    }

    @Test
    void excludedTokensAreNeverDrawn() {
        assertThat(drawn(cutOffs(100, 1, 0, 0), 1, EXCLUDED, 2, EXCLUDED)).containsExactly(0, 2);
        assertThat(drawn(cutOffs(100, 0.999f, 3, 0), EXCLUDED, EXCLUDED, 2, EXCLUDED))
                .containsExactly(2);
    }

    @Test
    void extremeTemperaturesStayFinite() {
        assertThat(drawn(cutOffs(Float.MIN_VALUE, 1, 0, 0), 1, 1.0001f, -3)).containsExactly(1);
        assertThat(drawn(cutOffs(Float.MAX_VALUE, 1, 0, 0), 1e30f, -1e30f, 0)).containsExactly(0, 1, 2);
        assertThat(drawn(cutOffs(1, 0.9f, 0, 0), Float.MAX_VALUE, -Float.MAX_VALUE))
                .containsExactly(0);
    }

    @Test
    void penaltiesCountPromptAndAnswerAsDocumented() {
        SamplingParams sampling = new SamplingParams(0, 1, 0, 0, 2, 0.5f, 0.25f, Map.of(4, 1f), 0, 5);
        GenerationRequest request = request(sampling, 0, 1, 1);

        SampledToken sampled = sample(request, List.of(2, 2, 3), 3, 4f, -4f, 4f, -4f, 4f);

        double[] expected = ReferenceSampler.logSoftmax(
                new double[] {4 / 2.0, -4 * 2.0, 4 / 2.0 - 2 * 0.5 - 0.25, -4 * 2.0 - 0.5 - 0.25, 4 + 1});
        assertThat(sampled.id()).isEqualTo(4);
        for (SampledToken.Alternative alternative : sampled.alternatives()) {
            assertThat(alternative.logProb()).isCloseTo((float) expected[alternative.id()], within(1e-5f));
        }
        assertThat(sampled.alternatives().stream().map(SampledToken.Alternative::id))
                .containsExactly(4, 0, 2, 1, 3);
    }

    @Test
    void biasShiftsExcludesAndShowsInLogProbs() {
        assertThat(sample(withBias(Map.of(2, 10f), -1), 0, 5, 4, 3).id()).isEqualTo(2);

        SampledToken sampled = sample(withBias(Map.of(0, EXCLUDED), 3), 0, 5, 4, 4);

        assertThat(sampled.id()).isEqualTo(1);
        assertThat(sampled.logProb()).isCloseTo((float) Math.log(0.5), within(1e-6f));
        assertThat(sampled.alternatives().stream().map(SampledToken.Alternative::id))
                .containsExactly(1, 2);
    }

    @Test
    void logitsThatAllowNoChoiceAreRefused() {
        assertThatThrownBy(() -> sample(SamplingParams.greedy(), 0, 1, Float.NaN, 2))
                .isInstanceOf(ArithmeticException.class)
                .hasMessage("the logit of token 1 is NaN, nothing can be chosen");
        assertThatThrownBy(() -> sample(cutOffs(1, 0.9f, 5, 0), 0, 1, 2, Float.POSITIVE_INFINITY))
                .hasMessage("the logit of token 2 is Infinity, nothing can be chosen");
        assertThatThrownBy(() -> sample(cutOffs(1, 1, 0, 0), 0, EXCLUDED, EXCLUDED))
                .hasMessage("all 2 tokens are excluded, nothing can be chosen");
    }

    @Test
    void theRowThatIsAskedForIsReadAndLeftAsItWas() {
        Floats rows = Floats.copyOf(9, 0, 0, 0, 9, 0, 0, 0, 9);
        SamplingParams sampling = withBias(Map.of(0, 100f), -1);
        Sampler sampler = new Sampler(3);
        Occurrences occurrences = new Occurrences(request(sampling, 0), 3);

        assertThat(sampler.sample(rows, 1, sampling, occurrences, 0).id()).isZero();
        assertThat(sampler.sample(rows, 1, SamplingParams.greedy(), occurrences, 0)
                        .id())
                .isEqualTo(1);
        assertThat(sampler.sample(rows, 2, SamplingParams.greedy(), occurrences, 0)
                        .id())
                .isEqualTo(2);
    }

    @ParameterizedTest
    @ValueSource(floats = {0, 0.1f, 6})
    void aVocabularyOfFullSizeEqualsTheDefinition(float spread) {
        int size = 202_048;
        Random random = new Random(5);
        float[] logits = new float[size];
        for (int token = 0; token < size; token++) {
            logits[token] = spread * (float) random.nextGaussian();
        }
        List<SamplingParams> all = new ArrayList<>();
        all.add(cutOffs(0.6f, 0.9f, 0, 0));
        all.add(cutOffs(1, 1, 50, 0));
        all.add(cutOffs(1, 0.5f, 150_000, 0.01f));
        Sampler sampler = new Sampler(size);
        for (SamplingParams sampling : all) {
            GenerationRequest request = request(sampling, 0);
            double[] adjusted = ReferenceSampler.adjusted(logits, request, List.of());
            List<ReferenceSampler.Candidate> kept = ReferenceSampler.kept(adjusted, sampling);
            for (int index = 0; index < 4; index++) {
                int token = sampler.sample(Floats.copyOf(logits), 0, sampling, new Occurrences(request, size), index)
                        .id();
                assertThat(token)
                        .as("%s, index %d", sampling, index)
                        .isEqualTo(ReferenceSampler.draw(kept, Sampler.uniform(sampling.seed(), index)));
            }
        }
    }

    @Test
    void randomNumbersAreUniformAlongIndexAndSeed() {
        int[] alongIndex = new int[10];
        int[] alongSeed = new int[10];
        for (int i = 0; i < 100_000; i++) {
            alongIndex[(int) (10 * Sampler.uniform(7, i))]++;
            alongSeed[(int) (10 * Sampler.uniform(i, 0))]++;
        }

        assertThat(IntStream.of(alongIndex).boxed()).allMatch(count -> count > 9_600 && count < 10_400);
        assertThat(IntStream.of(alongSeed).boxed()).allMatch(count -> count > 9_600 && count < 10_400);
    }

    @Test
    void stopTokensAreChosenBeforeTheLeastLengthOnlyWhenNothingElseIsLeft() {
        Sampler sampler = new Sampler(3);
        GenerationRequest request = new GenerationRequest(
                new int[1],
                SamplingParams.greedy(),
                9,
                Set.of(2, 1),
                List.of(),
                Optional.empty(),
                1,
                0,
                Optional.empty());
        Sequence young = new Sequence(request, new RecordingListener(), 100, 3, 0);
        Sequence old = new Sequence(request, new RecordingListener(), 100, 3, 0);
        old.append(0, 0);

        assertThat(sampler.sample(Floats.copyOf(new float[] {1, 2, 9}), 0, young)
                        .id())
                .isZero();
        assertThat(sampler.sample(Floats.copyOf(new float[] {1, 2, 9}), 0, old).id())
                .isEqualTo(2);
        assertThat(sampler.sample(Floats.copyOf(new float[] {EXCLUDED, 2, 9}), 0, young)
                        .id())
                .isEqualTo(2);
    }
}
