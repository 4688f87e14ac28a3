package dev.herd.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.herd.kernels.Floats;
import dev.herd.kernels.device.Candidates;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Choices from candidates beside those from whole rows. */
final class CandidateSamplerTest {
    private static final int SIZE = 3000;

    private final Sampler sampler = new Sampler(SIZE);
    private final Random random = new Random(20);

    private static SamplingParams cutOffs(float temperature, float topP, int topK, float minP, long seed) {
        return new SamplingParams(temperature, topP, topK, minP, 1, 0, 0, Map.of(), seed, -1);
    }

    /** With ties; the smaller the spread, the flatter. */
    private float[] row(float spread) {
        float[] logits = new float[SIZE];
        for (int token = 0; token < SIZE; token++) {
            float logit = (float) random.nextGaussian() * spread;
            logits[token] = random.nextInt(3) == 0 ? Math.round(logit) : logit;
        }
        return logits;
    }

    /** What a device finds, whose sum is as far off as it may be. */
    private static Candidates find(float[] logits, Candidates.Wish wish, double error) {
        int[] ids = IntStream.range(0, logits.length)
                .boxed()
                .sorted((i, j) -> Long.compare(Ranking.key(logits[i], i), Ranking.key(logits[j], j)))
                .limit(wish.count())
                .mapToInt(Integer::intValue)
                .toArray();
        float[] best = new float[ids.length];
        for (int i = 0; i < ids.length; i++) {
            best[i] = logits[ids[i]];
        }
        double total = 0;
        for (float logit : logits) {
            total += Math.exp(((double) logit - best[0]) / wish.temperature());
        }
        return new Candidates(ids, best, (float) (total * (1 + error)));
    }

    private int ofWholeRow(float[] logits, SamplingParams sampling, int index) {
        GenerationRequest request = new GenerationRequest(new int[] {0}, sampling, 100, Set.of());
        return sampler.sample(Floats.copyOf(logits), 0, sampling, new Occurrences(request, SIZE), index)
                .id();
    }

    /** How many of many draws are decided by candidates; all of those are the whole row's. */
    private int decided(float spread, float temperature, float topP, int topK, float minP) {
        int decided = 0;
        for (int i = 0; i < 60; i++) {
            float[] logits = row(spread);
            SamplingParams sampling = cutOffs(temperature, topP, topK, minP, i);
            double error = (random.nextInt(3) - 1) * 0.9 * Candidates.TOLERANCE;
            OptionalInt chosen =
                    CandidateSampler.choose(find(logits, CandidateSampler.wish(sampling), error), sampling, i, SIZE);
            if (chosen.isPresent()) {
                assertThat(chosen.getAsInt()).as("%s", sampling).isEqualTo(ofWholeRow(logits, sampling, i));
                decided++;
            }
        }
        return decided;
    }

    @ParameterizedTest(name = "spread {0}, temperature {1}, top-p {2}, top-k {3}, min-p {4}")
    @CsvSource({
        "0.01, 0, 1, 0, 0, 60", // greedy, many ties
        "1, 0.7, 1, 40, 0, 60",
        "0.01, 1, 1, 64, 0, 60",
        "1, 1, 1, 1, 0, 60",
        "2, 0.8, 0.9, 50, 0, 57",
        "2, 0.8, 0.9, 50, 0.05, 57",
        "4, 0.6, 0.9, 0, 0, 50",
        "4, 0.6, 0, 0, 0, 60",
        "4, 0.05, 0.95, 0, 0, 57",
        "4, 0.6, 1, 0, 0.1, 60",
        "4, 0.6, 0.9, 0, 0.1, 57",
    })
    void candidatesSufficeAndChooseWhatTheRowDoes(
            float spread, float temperature, float topP, int topK, float minP, int least) {
        assertThat(decided(spread, temperature, topP, topK, minP)).isGreaterThanOrEqualTo(least);
    }

    @ParameterizedTest(name = "spread {0}, temperature {1}, top-p {2}, min-p {3}")
    @CsvSource({"0.01, 1, 0.9, 0", "1, 1.5, 0.5, 0", "0.01, 1, 1, 0.1"})
    void flatRowsAreLeftToTheWholeRow(float spread, float temperature, float topP, float minP) {
        assertThat(decided(spread, temperature, topP, 0, minP)).isZero();
    }

    /** The nucleus would end at a token if the sum were a little smaller, and behind it if it were larger. */
    @Test
    void aNucleusThatEndsWithinTheToleranceIsLeftToTheWholeRow() {
        Candidates close = new Candidates(new int[] {4, 2, 9}, new float[] {0, 0, 0}, 4.00001f);
        Candidates far = new Candidates(new int[] {4, 2, 9}, new float[] {0, 0, 0}, 4.1f);

        assertThat(CandidateSampler.choose(close, cutOffs(1, 0.5f, 0, 0, 1), 0, SIZE))
                .isEmpty();
        assertThat(CandidateSampler.choose(far, cutOffs(1, 0.4f, 0, 0, 1), 0, SIZE))
                .isPresent();
    }

    @Test
    void asFewTokensAsThereAreSuffice() {
        Candidates all = new Candidates(new int[] {1, 0}, new float[] {1, 0}, 1.4f);

        List<Integer> drawn = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            drawn.add(CandidateSampler.choose(all, cutOffs(1, 0.99f, 0, 0, 3), i, 2)
                    .orElseThrow());
        }
        assertThat(drawn).contains(0, 1);
    }

    @Test
    void nothingIsWishedForWhereCandidatesCannotBeEnough() {
        Candidates.Wish none = Candidates.Wish.NONE;
        assertThat(CandidateSampler.wish(cutOffs(1, 1, 0, 0, 1))).isEqualTo(none);
        assertThat(CandidateSampler.wish(cutOffs(1e-30f, 0.9f, 5, 0, 1))).isEqualTo(none);
        assertThat(CandidateSampler.wish(cutOffs(1, 0.5f, Candidates.MOST + 1, 0, 1)))
                .isEqualTo(none);
        assertThat(CandidateSampler.wish(new SamplingParams(0, 1, 0, 0, 1.1f, 0, 0, Map.of(), 0, -1)))
                .isEqualTo(none);
        assertThat(CandidateSampler.wish(new SamplingParams(0, 1, 0, 0, 1, 0.1f, 0, Map.of(), 0, -1)))
                .isEqualTo(none);
        assertThat(CandidateSampler.wish(new SamplingParams(0, 1, 0, 0, 1, 0, 0.1f, Map.of(), 0, -1)))
                .isEqualTo(none);
        assertThat(CandidateSampler.wish(new SamplingParams(0, 1, 0, 0, 1, 0, 0, Map.of(3, 1f), 0, -1)))
                .isEqualTo(none);
        assertThat(CandidateSampler.wish(new SamplingParams(0, 1, 0, 0, 1, 0, 0, Map.of(), 0, 0)))
                .isEqualTo(none);

        assertThat(CandidateSampler.wish(SamplingParams.greedy())).isEqualTo(Candidates.Wish.GREEDY);
        assertThat(CandidateSampler.wish(cutOffs(0.6f, 0.9f, 0, 0, 1)))
                .isEqualTo(new Candidates.Wish(Candidates.MOST, 0.6f));
        assertThat(CandidateSampler.wish(cutOffs(0.6f, 1, 7, 0, 1))).isEqualTo(new Candidates.Wish(7, 0.6f));
    }
}
