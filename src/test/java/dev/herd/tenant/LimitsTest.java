package dev.herd.tenant;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class LimitsTest {
    @Test
    void togetherTheStricterHolds() {
        Limits one =
                new Limits(10, null, 5, 1, 100, 2, 3, 4, 50, 0.2, 1.5, List.of("m", "n"), List.of("a.example.com"));
        Limits other = new Limits(7, 9, null, 2, 50, 3, 2, 5, 60, 0.1, 1.9, List.of("n", "o"), null);

        Limits both = one.and(other);

        assertThat(both)
                .isEqualTo(other.and(one))
                .isEqualTo(new Limits(7, 9, 5, 1, 50, 2, 2, 4, 50, 0.2, 1.5, List.of("n"), List.of("a.example.com")));
        assertThat(one.and(Limits.NONE)).isEqualTo(one);
        assertThat(Limits.NONE.and(one)).isEqualTo(one);
    }

    @Test
    void onlyListedModelsAreAllowed() {
        assertThat(Limits.NONE.allowsModel("any")).isTrue();
        Limits some = new Limits(null, null, null, null, null, null, null, null, null, null, null, List.of("m"), null);
        assertThat(some.allowsModel("m")).isTrue();
        assertThat(some.allowsModel("n")).isFalse();
    }
}
