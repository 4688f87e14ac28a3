package dev.herd.guard;

import static org.assertj.core.api.Assertions.assertThat;

import dev.herd.guard.Windows.Window;
import java.util.BitSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Every token is looked at, and short stretches are looked at whole. */
class WindowsTest {
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 509, 510, 511, 892, 893, 1500, 20_000})
    void windowsOf510By382CoverEveryToken(int tokens) {
        Windows windows = Windows.of(tokens, 510, 128, 256);
        BitSet covered = new BitSet();
        windows.windows().forEach(window -> {
            assertThat(window.to() - window.from()).isBetween(1, 510);
            covered.set(window.from(), window.to());
        });

        assertThat(windows.isComplete()).isTrue();
        assertThat(covered.cardinality()).isEqualTo(tokens);
    }

    @ParameterizedTest
    @ValueSource(ints = {505, 0, 380, 381, 509, 1400})
    void whatIsShorterThanTheOverlapLiesWholeInOneWindow(int start) {
        int end = Math.min(start + 16, 1500);

        assertThat(Windows.of(1500, 510, 128, 256).windows())
                .anyMatch(window -> window.from() <= start && end <= window.to());
    }

    @Test
    void ofTooManyWindowsTheFirstAndLastAreKept() {
        Windows windows = Windows.of(100, 10, 5, 4);

        assertThat(windows.isComplete()).isFalse();
        assertThat(windows.windows())
                .containsExactly(new Window(0, 10), new Window(5, 15), new Window(85, 95), new Window(90, 100));
    }
}
