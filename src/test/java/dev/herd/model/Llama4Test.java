package dev.herd.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.herd.kernels.Floats;
import dev.herd.kernels.KernelsSelector;
import dev.herd.kernels.KvMemory;
import dev.herd.kernels.TensorType;
import dev.herd.kernels.Workers;
import dev.herd.model.TestSequence.BlockIds;
import dev.herd.weights.ModelConfig.LayerKind;
import dev.herd.weights.ModelConfig.RopeScaling;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

final class Llama4Test {
    private static final double TOLERANCE = 2e-4;
    private static final int BLOCKS = 400;

    static Stream<Arguments> models() {
        return Stream.of(
                Arguments.of("scout", RandomModel.builder().chunk(16)),
                Arguments.of("chunk 4", RandomModel.builder().chunk(4)),
                Arguments.of("chunk 7", RandomModel.builder().chunk(7).layers(6, 3, 1)),
                Arguments.of(
                        "maverick",
                        RandomModel.builder()
                                .layers(8, 4, 2)
                                .experts(8, 1)
                                .withoutQkNorm()
                                .scaling(null)),
                Arguments.of(
                        "dense, no chunks",
                        RandomModel.builder()
                                .layers(3, 0, 0)
                                .chunk(0)
                                .withoutQkNorm()
                                .withoutTemperature()),
                Arguments.of("two experts per token", RandomModel.builder().experts(5, 2)),
                Arguments.of("all experts", RandomModel.builder().experts(3, 3)),
                Arguments.of("one expert", RandomModel.builder().experts(1, 1)),
                Arguments.of("one kv head", RandomModel.builder().heads(4, 1)),
                Arguments.of("as many kv heads", RandomModel.builder().heads(3, 3)),
                Arguments.of("global layers only", RandomModel.builder().layers(2, 1, 2)),
                Arguments.of(
                        "blended scaling",
                        RandomModel.builder()
                                .scaling(new RopeScaling(8, 1, 4, 64))
                                .chunk(32)));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("models")
    void logitsEqualTheNaiveModelsAtEveryPosition(String name, RandomModel.Builder builder) {
        RandomModel model = builder.build(1);
        int[] tokens = randomTokens(model, 50, 2);

        double[][] expected = new NaiveLlama4(model).forward(tokens);

        assertThat(inSlices(model, tokens, 50, 16)).satisfies(actual -> assertClose(actual, expected, TOLERANCE));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("models")
    void slicesAndSingleStepsEqualOneForward(String name, RandomModel.Builder builder) {
        RandomModel model = builder.build(3);
        int[] tokens = randomTokens(model, 41, 4);
        float[][] whole = inSlices(model, tokens, 41, 16);

        for (int slice : new int[] {1, 3, 7, 16}) {
            for (int blockSize : new int[] {1, 3, 16}) {
                float[][] sliced = inSlices(model, tokens, slice, blockSize);
                assertThat(sliced)
                        .as("slices of %d, blocks of %d", slice, blockSize)
                        .satisfies(actual -> assertClose(actual, toDouble(whole), 1e-5));
            }
        }
    }

    @Test
    void sequencesInOneBatchDoNotSeeEachOther() {
        RandomModel model = RandomModel.builder().experts(4, 2).build(5);
        List<int[]> sequences = IntStream.range(0, 5)
                .mapToObj(i -> randomTokens(model, 9 + 4 * i, i))
                .toList();
        List<float[][]> alone =
                sequences.stream().map(tokens -> inSlices(model, tokens, 64, 4)).toList();

        try (Running running = new Running(model, 4, TensorType.F32, 2)) {
            List<TestSequence> states =
                    sequences.stream().map(tokens -> running.sequence()).toList();
            int[] done = new int[sequences.size()];
            for (int round = 0; round < 40; round++) {
                List<Batch.Slice> slices = new ArrayList<>();
                List<Integer> members = new ArrayList<>();
                for (int i = 0; i < sequences.size(); i++) {
                    int length = Math.min(1 + (round + i) % 5, sequences.get(i).length - done[i]);
                    if (round >= i && length > 0) {
                        int[] next = Arrays.copyOfRange(sequences.get(i), done[i], done[i] + length);
                        slices.add(states.get(i).slice(next, length));
                        members.add(i);
                    }
                }
                if (slices.isEmpty()) {
                    continue;
                }
                Floats logits = running.model.forward(new Batch(slices));
                int row = 0;
                for (int s = 0; s < slices.size(); s++) {
                    int i = members.get(s);
                    int length = slices.get(s).tokens().length;
                    float[][] actual = rows(logits, row, length, model.config.vocabularySize());
                    float[][] expected = Arrays.copyOfRange(alone.get(i), done[i], done[i] + length);
                    assertClose(actual, toDouble(expected), 1e-5);
                    row += length;
                    done[i] += length;
                    states.get(i).dropUnseen();
                }
            }
            assertThat(done)
                    .containsExactly(sequences.stream().mapToInt(t -> t.length).toArray());
        }
    }

    @Test
    void onlyTheRowsAskedForAreReturned() {
        RandomModel model = RandomModel.builder().build(6);
        int[] tokens = randomTokens(model, 12, 7);
        float[][] all = inSlices(model, tokens, 12, 4);

        try (Running running = new Running(model, 4, TensorType.F32, 1)) {
            Batch batch = new Batch(List.of(
                    running.sequence().slice(tokens, 0),
                    running.sequence().slice(tokens, 2),
                    running.sequence().slice(Arrays.copyOf(tokens, 5), 1)));
            Floats logits = running.model.forward(batch);

            float[][] actual = rows(logits, 0, 3, model.config.vocabularySize());
            assertClose(actual, toDouble(new float[][] {all[10], all[11], all[4]}), 1e-5);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 5})
    void anyNumberOfThreadsGivesTheSameLogits(int threads) {
        RandomModel model = RandomModel.builder().experts(5, 2).build(8);
        int[] tokens = randomTokens(model, 30, 9);
        float[][] expected = inSlices(model, tokens, 30, 4);

        try (Running running = new Running(model, 4, TensorType.F32, threads)) {
            Floats logits =
                    running.model.forward(new Batch(List.of(running.sequence().slice(tokens, tokens.length))));

            assertThat(rows(logits, 0, tokens.length, model.config.vocabularySize()))
                    .isDeepEqualTo(expected);
        }
    }

    /** Logits have a deviation of about 1; a model with experts could send a token elsewhere for the smallest error. */
    @ParameterizedTest
    @CsvSource({"F16, 2e-2", "Q8_0, 0.2"})
    void smallerCachesStayClose(TensorType type, double tolerance) {
        RandomModel model = denseModel();
        int[] tokens = randomTokens(model, 30, 11);
        float[][] expected = inSlices(model, tokens, 30, 4);

        float[][] actual = inSlices(model, type, tokens, 30, 4);

        assertClose(actual, toDouble(expected), tolerance);
        assertThat(Arrays.deepEquals(actual, expected)).isFalse();
    }

    /** What a token finds in the cache does not depend on when it was put there, whatever the cache rounds. */
    @ParameterizedTest
    @EnumSource(
            value = TensorType.class,
            names = {"F32", "F16", "Q8_0"})
    void slicesAndSingleStepsEqualOneForwardWithEveryCache(TensorType type) {
        RandomModel model = denseModel();
        int[] tokens = randomTokens(model, 41, 4);
        float[][] whole = inSlices(model, type, tokens, 41, 16);

        for (int slice : new int[] {1, 3, 16}) {
            for (int blockSize : new int[] {1, 3, 16}) {
                assertClose(inSlices(model, type, tokens, slice, blockSize), toDouble(whole), 1e-5);
            }
        }
    }

    private static RandomModel denseModel() {
        return RandomModel.builder()
                .layers(4, 4, 0)
                .widths(64, 32, 0, 96)
                .heads(4, 2)
                .chunk(16)
                .build(10);
    }

    @Test
    void localLayersKeepNoMoreBlocksThanOneAttentionChunk() {
        RandomModel model = RandomModel.builder().chunk(8).build(12);
        int[] tokens = randomTokens(model, 100, 13);

        try (Running running = new Running(model, 4, TensorType.F32, 1)) {
            TestSequence sequence = running.sequence();
            int dropped = 0;
            for (int token : tokens) {
                running.model.forward(new Batch(List.of(sequence.slice(new int[] {token}, 0))));
                dropped += sequence.dropUnseen();
            }
            int perStep = running.layout.blocksPerStep(LayerKind.LOCAL);
            assertThat(dropped).isEqualTo(96 / 4 * perStep);
        }
    }

    private static float[][] inSlices(RandomModel model, int[] tokens, int sliceLength, int blockSize) {
        return inSlices(model, TensorType.F32, tokens, sliceLength, blockSize);
    }

    private static float[][] inSlices(
            RandomModel model, TensorType kvType, int[] tokens, int sliceLength, int blockSize) {
        try (Running running = new Running(model, blockSize, kvType, 1)) {
            TestSequence sequence = running.sequence();
            float[][] all = new float[tokens.length][];
            for (int from = 0; from < tokens.length; from += sliceLength) {
                int length = Math.min(sliceLength, tokens.length - from);
                int[] next = Arrays.copyOfRange(tokens, from, from + length);
                Floats logits = running.model.forward(new Batch(List.of(sequence.slice(next, length))));
                System.arraycopy(rows(logits, 0, length, model.config.vocabularySize()), 0, all, from, length);
                sequence.dropUnseen();
            }
            return all;
        }
    }

    private static int[] randomTokens(RandomModel model, int count, long seed) {
        return new Random(seed).ints(count, 0, model.config.vocabularySize()).toArray();
    }

    private static float[][] rows(Floats logits, int from, int count, int size) {
        float[][] rows = new float[count][];
        for (int row = 0; row < count; row++) {
            rows[row] = logits.toArray((long) (from + row) * size, size);
        }
        return rows;
    }

    private static double[][] toDouble(float[][] values) {
        return Arrays.stream(values)
                .map(row ->
                        IntStream.range(0, row.length).mapToDouble(i -> row[i]).toArray())
                .toArray(double[][]::new);
    }

    private static void assertClose(float[][] actual, double[][] expected, double tolerance) {
        assertThat(actual.length).isEqualTo(expected.length);
        for (int row = 0; row < actual.length; row++) {
            assertThat(actual[row]).hasSameSizeAs(expected[row]);
            for (int i = 0; i < actual[row].length; i++) {
                assertThat((double) actual[row][i])
                        .as("position %d, token %d", row, i)
                        .isCloseTo(expected[row][i], Offset.offset(tolerance));
            }
        }
    }

    /** A model with its cache and threads. */
    private static final class Running implements AutoCloseable {
        final KvLayout layout;
        final Llama4 model;
        private final RandomModel random;
        private final KvMemory memory;
        private final Workers workers;
        private final BlockIds ids = new BlockIds(BLOCKS, 99);

        Running(RandomModel random, int blockSize, TensorType kvType, int threads) {
            this.random = random;
            this.layout = KvLayout.of(random.config, blockSize, kvType);
            this.memory = new KvMemory(layout.blockBytes(), BLOCKS);
            for (int id = 0; id < BLOCKS; id++) {
                memory.ensure(id);
            }
            this.workers = new Workers(threads);
            this.model = new Llama4(
                    random.config,
                    random.weights,
                    layout,
                    memory,
                    KernelsSelector.select(Optional.of("scalar")).kernels(),
                    workers,
                    128);
        }

        TestSequence sequence() {
            return new TestSequence(random.config, layout, ids);
        }

        @Override
        public void close() {
            workers.close();
            model.close();
            memory.close();
        }
    }
}
