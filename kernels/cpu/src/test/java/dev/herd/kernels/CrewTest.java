package dev.herd.kernels;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

final class CrewTest {
    private static final long MILLIS = TimeUnit.MILLISECONDS.toNanos(1);

    private long now = 5_000 * MILLIS;

    @Test
    void allTakePartUntilOneIsHeldUp() {
        Crew crew = new Crew(4);

        assertThat(sizeAfter(crew, 0)).isEqualTo(4);
        wait(crew, 1, 3);
        assertThat(sizeAfter(crew, 0)).isEqualTo(3);
        wait(crew, 1, 3);
        assertThat(sizeAfter(crew, 0)).isEqualTo(2);
    }

    @Test
    void theCallerAlwaysTakesPart() {
        Crew crew = new Crew(2);
        for (int i = 0; i < 5; i++) {
            wait(crew, 1, 3);
        }

        assertThat(sizeAfter(crew, 0)).isEqualTo(1);
    }

    @Test
    void ordinaryWaitsChangeNothing() {
        Crew crew = new Crew(2);

        wait(crew, 0, 1); // a worker that woke up late
        wait(crew, 100, 6); // a long range of a long task
        wait(crew, 7, 3);
        crew.hasWaited(1, now - 12 * MILLIS, now - 6 * MILLIS, now); // the caller had one range, another two
        crew.hasWaited(0, now - 6 * MILLIS, now - 6 * MILLIS, now); // and here it came too late for any

        assertThat(sizeAfter(crew, 0)).isEqualTo(2);
    }

    @Test
    void oneReturnsAfterARestThatGrowsWithEachTimeItIsInVain() {
        Crew crew = new Crew(2);
        for (int rest : new int[] {32, 64, 128, 256, 512, 512}) {
            wait(crew, 1, 3);
            assertThat(sizeAfter(crew, rest - 1)).as("before %d ms", rest).isEqualTo(1);
            assertThat(sizeAfter(crew, 1)).as("after %d ms", rest).isEqualTo(2);
        }
    }

    @Test
    void restsAreShortAgainAfterACalmTime() {
        Crew crew = new Crew(2);
        for (int i = 0; i < 4; i++) {
            wait(crew, 1, 3);
        }
        assertThat(sizeAfter(crew, 512)).isEqualTo(2);
        assertThat(sizeAfter(crew, 512)).isEqualTo(2);

        wait(crew, 1, 3);

        assertThat(sizeAfter(crew, 32)).isEqualTo(2);
    }

    @Test
    void halfOfThemReturnAtATime() {
        Crew crew = new Crew(9);
        for (int i = 0; i < 8; i++) {
            wait(crew, 1, 3);
        }

        assertThat(sizeAfter(crew, 0)).isEqualTo(1);
        assertThat(sizeAfter(crew, 512)).isEqualTo(5);
        assertThat(sizeAfter(crew, 512)).isEqualTo(7);
        assertThat(sizeAfter(crew, 512)).isEqualTo(8);
        assertThat(sizeAfter(crew, 512)).isEqualTo(9);
    }

    /** A task of which the caller's own part, four ranges, took {@code own} and the wait for others {@code wait} milliseconds. */
    private void wait(Crew crew, int own, int wait) {
        long start = now;
        now += (own + wait) * MILLIS;
        crew.hasWaited(4, start, now - wait * MILLIS, now);
    }

    private int sizeAfter(Crew crew, int millis) {
        now += millis * MILLIS;
        return crew.size(now);
    }
}
