package dev.herd.kernels.tornado;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/** Runs are all tokens of a step, those that are alone first. */
final class StepTest {
    private static final int[] SEQUENCES = {0, 1, 1, 1, 1, 1, 2, 3, 3, 4};

    private final IntArray step = new IntArray(Step.SIZE);

    @Test
    void runsAreInOrderUnlessSomeAreAlone() {
        assertThat(runs(2, 0)).containsExactly("0+1", "1+2", "3+2", "5+1", "6+1", "7+2", "9+1");
        assertThat(step.get(Step.ALONE)).isZero();
    }

    @Test
    void thoseAloneComeFirst() {
        assertThat(runs(2, 9)).containsExactly("0+1", "5+1", "6+1", "9+1", "1+2", "3+2", "7+2");
        assertThat(step.get(Step.ALONE)).isEqualTo(4);
    }

    @Test
    void noMoreAreAloneThanMayBe() {
        assertThat(runs(4, 2)).containsExactly("0+1", "5+1", "1+4", "6+1", "7+2", "9+1");
        assertThat(step.get(Step.ALONE)).isEqualTo(2);
    }

    private List<String> runs(int length, int mostAlone) {
        IntArray places = new IntArray(SEQUENCES.length * Step.PLACE);
        Step.writeRuns(step, places, SEQUENCES, length, mostAlone);
        List<String> runs = new ArrayList<>();
        for (int run = 0; run < step.get(Step.RUNS); run++) {
            int at = run * Step.PLACE;
            runs.add(places.get(at + Step.RUN) + "+" + places.get(at + Step.RUN_TOKENS));
        }
        return runs;
    }
}
