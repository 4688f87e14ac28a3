package dev.herd.model.deberta;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.herd.golden.Golden;
import dev.herd.kernels.Kernels;
import dev.herd.kernels.KernelsSelector;
import dev.herd.kernels.Workers;
import dev.herd.weights.DebertaCheckpoint;
import dev.herd.weights.DebertaConfig;
import dev.herd.weights.DebertaWeights;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The classifier against Hugging Face's own, recorded, and against {@link NaiveDeberta}. */
class DebertaTest {
    private static final DebertaConfig REAL_POSITIONS = new DebertaConfig(16, 40, 2, 2, 24, 512, 256, 512, 2, 0, 1e-7f);

    private static JsonNode golden() throws IOException {
        return new ObjectMapper()
                .readTree(Golden.folder("deberta").resolve("golden.json").toFile());
    }

    private static Kernels kernels(String name) {
        return KernelsSelector.select(name.equals("fastest") ? Optional.empty() : Optional.of(name))
                .kernels();
    }

    private static int[] randomTokens(int length, long seed) {
        return new Random(seed).ints(length, 1, 40).toArray();
    }

    private static double[] naive(DebertaWeights weights, int[] tokens) {
        return new NaiveDeberta(REAL_POSITIONS, weights).logits(tokens, new boolean[tokens.length]);
    }

    private static void assertClose(float[] actual, double[] expected) {
        assertThat(actual).hasSameSizeAs(expected);
        for (int i = 0; i < expected.length; i++) {
            assertThat(actual[i]).isCloseTo((float) expected[i], within(1e-5f));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"scalar", "fastest"})
    void logitsEqualThoseOfTransformers(String name) throws IOException {
        JsonNode cases = golden().get("cases");
        try (DebertaCheckpoint checkpoint = DebertaCheckpoint.open(Golden.folder("deberta"));
                Workers workers = new Workers(2);
                Deberta model = new Deberta(checkpoint.config(), checkpoint.weights(), kernels(name), workers, 4)) {
            assertThat(cases).hasSize(5);
            for (JsonNode golden : cases) {
                int[] ids = new ObjectMapper().convertValue(golden.get("ids"), int[].class);
                double[] logits = new ObjectMapper().convertValue(golden.get("logits"), double[].class);

                assertClose(model.classify(List.of(ids))[0], logits);
            }
        }
    }

    @Test
    void bucketsAreThoseOfTransformers() throws IOException {
        JsonNode expected = golden().get("buckets");

        assertThat(expected).hasSize(512);
        for (int distance = 0; distance < 512; distance++) {
            assertThat(RelativeBuckets.bucket(REAL_POSITIONS, distance))
                    .isEqualTo(expected.get(distance).asInt());
            assertThat(RelativeBuckets.bucket(REAL_POSITIONS, -distance))
                    .isEqualTo(-expected.get(distance).asInt());
        }
    }

    @Test
    void logitsEqualTheNaiveOnesAtAllLengths() {
        DebertaWeights weights = RandomDeberta.of(REAL_POSITIONS, 5);
        try (Workers workers = new Workers(2);
                Deberta model = new Deberta(REAL_POSITIONS, weights, kernels("fastest"), workers, 1)) {
            for (int length : new int[] {1, 2, 7, 16, 129, 300, 512}) {
                int[] tokens = randomTokens(length, length);

                assertClose(model.classify(List.of(tokens))[0], naive(weights, tokens));
            }
        }
    }

    @Test
    void paddingChangesNothing() {
        DebertaWeights weights = RandomDeberta.of(REAL_POSITIONS, 6);
        int[] tokens = randomTokens(9, 1);
        try (Workers workers = new Workers(2);
                Deberta model = new Deberta(REAL_POSITIONS, weights, kernels("fastest"), workers, 4)) {
            float[] bare = model.classify(List.of(tokens))[0];
            float[][] padded = model.classify(
                    List.of(Arrays.copyOf(tokens, 16), Arrays.copyOf(tokens, 128), Arrays.copyOf(tokens, 512)));

            assertClose(bare, naive(weights, tokens));
            for (float[] logits : padded) {
                assertThat(logits).containsExactly(bare, within(1e-5f));
            }
        }
    }

    @Test
    void anAllPaddedSequenceIsNoNumberThatIsNotOne() {
        DebertaWeights weights = RandomDeberta.of(REAL_POSITIONS, 6);
        int[] padding = new int[5];
        boolean[] isMasked = {true, true, true, true, true};
        try (Workers workers = new Workers(1);
                Deberta model = new Deberta(REAL_POSITIONS, weights, kernels("scalar"), workers, 1)) {
            assertClose(
                    model.classify(List.of(padding))[0],
                    new NaiveDeberta(REAL_POSITIONS, weights).logits(padding, isMasked));
        }
    }

    @Test
    void aBatchGivesWhatItsSequencesGiveAloneInAnyOrder() {
        DebertaWeights weights = RandomDeberta.of(REAL_POSITIONS, 8);
        List<int[]> sequences = new ArrayList<>();
        for (int length : new int[] {1, 40, 3, 17, 200}) {
            sequences.add(randomTokens(length, 100 + length));
        }
        try (Workers workers = new Workers(2);
                Deberta model = new Deberta(REAL_POSITIONS, weights, kernels("fastest"), workers, 2)) {
            for (int turn = 0; turn < sequences.size(); turn++) {
                Collections.rotate(sequences, 1);
                float[][] together = model.classify(sequences);
                for (int i = 0; i < sequences.size(); i++) {
                    assertThat(together[i])
                            .containsExactly(model.classify(List.of(sequences.get(i)))[0], within(1e-5f));
                }
            }
        }
    }

    @Test
    void whatCannotBeClassifiedIsRefused() {
        try (Workers workers = new Workers(1);
                Deberta model = new Deberta(
                        REAL_POSITIONS, RandomDeberta.of(REAL_POSITIONS, 1), kernels("scalar"), workers, 1)) {
            assertThatThrownBy(() -> model.classify(List.of(new int[0]))).hasMessageContaining("0 tokens, not 1 to");
            assertThatThrownBy(() -> model.classify(List.of(new int[513]))).hasMessageContaining("513 tokens");
            assertThatThrownBy(() -> model.classify(List.of(new int[] {40}))).hasMessageContaining("token 40");
            assertThatThrownBy(() -> model.classify(List.of(new int[300], new int[300])))
                    .hasMessageContaining("600 tokens");
        }
    }
}
