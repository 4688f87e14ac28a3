package dev.herd.model.deberta;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.herd.kernels.Floats;
import dev.herd.kernels.KernelsSelector;
import dev.herd.weights.DebertaConfig;
import java.lang.foreign.Arena;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** One head against three nested loops. */
class DisentangledAttentionTest {
    private static final DebertaConfig CONFIG = new DebertaConfig(8, 10, 1, 1, 4, 12, 4, 12, 2, 0, 1e-7f);
    private static final int TOKENS = 11;
    private static final int SIZE = 8;
    private static final int SPAN = 4;

    private final RandomDeberta random = new RandomDeberta(new Random(2));
    private final Floats queryPositions = random.floats(2 * SPAN * SIZE, 0, 1);
    private final Floats keyPositions = random.floats(2 * SPAN * SIZE, 0, 1);

    private double[][] expected(HeadScratch s, boolean[] isMasked) {
        double[][] out = new double[TOKENS][SIZE];
        for (int i = 0; i < TOKENS; i++) {
            double[] weight = new double[TOKENS];
            double total = 0;
            for (int j = 0; j < TOKENS; j++) {
                int row = Math.clamp((long) RelativeBuckets.bucket(CONFIG, i - j) + SPAN, 0, 2 * SPAN - 1);
                double score = 0;
                for (int c = 0; c < SIZE; c++) {
                    double q = s.query.get(i * SIZE + c);
                    double k = s.key.get(j * SIZE + c);
                    score += q * k + q * keyPositions.get(row * SIZE + c) + k * queryPositions.get(row * SIZE + c);
                }
                weight[j] = isMasked[i] || isMasked[j] ? 0 : Math.exp(score / Math.sqrt(3.0 * SIZE));
                total += weight[j];
            }
            for (int j = 0; j < TOKENS && total > 0; j++) {
                for (int c = 0; c < SIZE; c++) {
                    out[i][c] += weight[j] / total * s.value.get(j * SIZE + c);
                }
            }
        }
        return out;
    }

    @Test
    void contextEqualsThreeNestedLoopsAndIsZeroForMaskedTokens() {
        boolean[] isMasked = new boolean[TOKENS];
        isMasked[4] = true;
        isMasked[10] = true;
        DisentangledAttention attention = new DisentangledAttention(
                CONFIG, KernelsSelector.select(Optional.of("scalar")).kernels());
        try (Arena arena = Arena.ofConfined()) {
            HeadScratch scratch = new HeadScratch(CONFIG, arena);
            scratch.query.copyFrom(0, random.floats(TOKENS * SIZE, 0, 1), 0, TOKENS * SIZE);
            scratch.key.copyFrom(0, random.floats(TOKENS * SIZE, 0, 1), 0, TOKENS * SIZE);
            scratch.value.copyFrom(0, random.floats(TOKENS * SIZE, 0, 1), 0, TOKENS * SIZE);
            double[][] expected = expected(scratch, isMasked);

            attention.attend(
                    scratch,
                    new DisentangledAttention.Positions(
                            DisentangledAttention.matrix(queryPositions, 2 * SPAN, SIZE),
                            DisentangledAttention.matrix(keyPositions, 2 * SPAN, SIZE)),
                    isMasked);

            for (int i = 0; i < TOKENS; i++) {
                for (int c = 0; c < SIZE; c++) {
                    assertThat(scratch.context.get(i * SIZE + c)).isCloseTo((float) expected[i][c], within(1e-5f));
                }
            }
            assertThat(scratch.context.toArray(4L * SIZE, SIZE)).containsOnly(0);
            assertThat(scratch.context.toArray(10L * SIZE, SIZE)).containsOnly(0);
        }
    }
}
