package dev.herd.kernels.tornado;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;

/** A device that copied nothing is told from one that computed nonsense. */
final class ResultsTest {
    private final FloatArray results = new FloatArray(2);

    @Test
    void whatNobodyCopiedIsNoResult() {
        results.set(0, 1);

        Results.await(results);

        assertThatThrownBy(() -> Results.require(results))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("gave no results");
    }

    @Test
    void everyNumberIsAResult() {
        for (float value : new float[] {0, -1, Float.NaN, Float.NEGATIVE_INFINITY}) {
            Results.await(results);

            results.set(0, value);

            assertThatCode(() -> Results.require(results)).doesNotThrowAnyException();
        }
    }
}
