package dev.herd.kernels.tornado;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.lang.invoke.MethodHandles;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class PrebuiltTaskRepairTest {
    @Test
    void tasksThatLookForAnotherClassAreIdentified() throws Exception {
        byte[] repaired =
                PrebuiltTaskRepair.withoutFaultyEquals(bytes(Faulty.class)).orElseThrow();
        Class<?> type =
                MethodHandles.lookup().defineHiddenClass(repaired, false).lookupClass();
        Object first = type.getDeclaredConstructor().newInstance();
        Object second = type.getDeclaredConstructor().newInstance();
        assertThat(List.of(new Faulty(), new Faulty()).indexOf(new Faulty())).isEqualTo(-1);
        assertThat(List.of(first, second).indexOf(second)).isEqualTo(1);
        assertThat(second).hasToString("faulty").hasSameHashCodeAs(first);
    }

    @Test
    void tasksThatLookForTheirOwnClassAreLeftAlone() throws Exception {
        assertThat(PrebuiltTaskRepair.withoutFaultyEquals(bytes(Sound.class))).isEmpty();
    }

    private static byte[] bytes(Class<?> type) throws IOException {
        String name = type.getName();
        try (InputStream file = type.getResourceAsStream(name.substring(name.lastIndexOf('.') + 1) + ".class")) {
            return requireNonNull(file).readAllBytes();
        }
    }

    static class Faulty {
        private final int number = 7;

        @Override
        public boolean equals(@Nullable Object other) {
            return other instanceof Sound sound && sound.number == number;
        }

        @Override
        public int hashCode() {
            return number;
        }

        @Override
        public String toString() {
            return "faulty";
        }
    }

    static class Sound {
        private final int number = 7;

        @Override
        public boolean equals(@Nullable Object other) {
            return other instanceof Sound sound && sound.number == number;
        }

        @Override
        public int hashCode() {
            return number;
        }
    }
}
