package dev.herd.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.herd.engine.CpuModelRunner;
import dev.herd.engine.DeviceModelRunner;
import dev.herd.engine.ModelRunner;
import dev.herd.golden.Scoring;
import dev.herd.golden.TestDevice;
import dev.herd.kernels.Floats;
import dev.herd.kernels.Kernels;
import dev.herd.kernels.KernelsSelector;
import dev.herd.kernels.TensorType;
import dev.herd.kernels.tornado.Capabilities;
import dev.herd.weights.Checkpoint;
import dev.herd.weights.Checkpoints;
import dev.herd.weights.GgufExport;
import dev.herd.weights.ModelConfig.LayerKind;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Whole models on a device with matrix units, in steps of more tokens than take the kernels for few: buckets, shared columns,
 * experts in tiles and with rounded inputs, and logits of many rows, beside the CPU's scalar kernels.
 */
final class MatrixUnitsDecoderTest {
    private static final int TOKENS = 40;
    private static final int SEQUENCES = 11;
    private static final int PROMPT = 40; // more than one run

    /** Root mean square of the difference of logits as a share of the logits': what halves cost, layer after layer. */
    private static final double MOST = 5e-3;

    /** The same where the routed experts' inputs are rounded to bytes. */
    private static final double EXPERTS_ROUNDED = 0.012;

    /** The same where those of all products are. */
    private static final double ALL_ROUNDED = 0.03;

    @ParameterizedTest(name = "{0}, {1} of 4 experts, steps of {2} tokens")
    @CsvSource({"Q4_K, 1, 40", "Q8_0, 2, 10", "BF16, 1, 20"})
    void logitsAreTheCpus(TensorType type, int perToken, int slice, @TempDir Path folder) {
        RandomModel model = RandomModel.builder()
                .layers(4, 4, 2)
                .experts(4, perToken)
                .widths(256, 64, 256, 512)
                .heads(4, 2)
                .build(23);
        int[] tokens =
                new Random(22).ints(TOKENS, 0, model.config.vocabularySize()).toArray();
        Path file = folder.resolve("model.gguf");
        GgufExport.write(model.asCheckpoint(), type, file);
        try (Checkpoint checkpoint = Checkpoints.open(file);
                ModelRunner cpu = cpu(checkpoint, limits());
                ModelRunner device = device(checkpoint, limits(), 1)) {
            double error = relativeError(score(cpu, tokens, TOKENS), score(device, tokens, slice));

            assertThat(error).isLessThan(MOST);
        }
    }

    /**
     * Steps for few tokens, steps whose routed experts have rounded inputs (up to 16 tokens, four assignments for each expert), and
     * steps all of halves.
     */
    @ParameterizedTest(name = "{0}, {2} of {1} experts")
    @CsvSource({"Q4_K, 4, 1", "Q8_0, 8, 2"})
    void stepsOfAllSizesAgree(TensorType type, int experts, int perToken, @TempDir Path folder) {
        RandomModel model = RandomModel.builder()
                .layers(4, 4, 2)
                .experts(experts, perToken)
                .widths(256, 64, 256, 512)
                .heads(4, 2)
                .build(24);
        int[] tokens =
                new Random(25).ints(TOKENS, 0, model.config.vocabularySize()).toArray();
        Path file = folder.resolve("model.gguf");
        GgufExport.write(model.asCheckpoint(), type, file);
        try (Checkpoint checkpoint = Checkpoints.open(file);
                ModelRunner cpu = cpu(checkpoint, limits());
                ModelRunner device = device(checkpoint, limits(), 1)) {
            float[][] expected = score(cpu, tokens, TOKENS);
            double few = relativeError(expected, score(device, tokens, 8));
            double rounded = relativeError(expected, score(device, tokens, 10));
            double halves = relativeError(expected, score(device, tokens, 20));

            assertThat(few).isLessThan(ALL_ROUNDED);
            assertThat(rounded).isLessThan(EXPERTS_ROUNDED);
            assertThat(halves).isLessThan(MOST);
            Capabilities can = TestDevice.capabilities();
            assertThat(rounded > 3 * halves)
                    .as("experts have rounded inputs in some steps: %s and %s", rounded, halves)
                    .isEqualTo(can.hasDp4a());
        }
    }

    /** Tokens that are alone in a step attend in another way than those of prompts; both are in these steps. */
    @Test
    void sequencesThatDecodeTogetherAreTheCpus(@TempDir Path folder) {
        RandomModel model = RandomModel.builder()
                .layers(2, 2, 2)
                .experts(4, 4) // so that no choice can differ
                .widths(64, 64, 64, 128)
                .heads(4, 2)
                .build(29);
        Path file = folder.resolve("model.gguf");
        GgufExport.write(model.asCheckpoint(), TensorType.Q8_0, file);
        CpuModelRunner.Limits limits = new CpuModelRunner.Limits(SEQUENCES * PROMPT, 16, TensorType.F16, 1L << 22);
        try (Checkpoint checkpoint = Checkpoints.open(file);
                ModelRunner cpu = cpu(checkpoint, limits);
                ModelRunner device = device(checkpoint, limits, SEQUENCES)) {
            assertThat(relativeError(decode(cpu), decode(device))).isLessThan(MOST);
        }
    }

    /** Logits of sequences that begin together and then decode two tokens, beside which another's prompt is computed. */
    private static float[][] decode(ModelRunner runner) {
        Random random = new Random(7);
        int size = runner.config().vocabularySize();
        BlockTable[] blocks = blocks(runner);
        int[] lengths = new int[SEQUENCES];
        List<float[]> rows = new ArrayList<>();
        for (int step = 0; step < 3; step++) {
            List<Batch.Slice> slices = new ArrayList<>();
            for (int s = 0; s < SEQUENCES; s++) {
                boolean isPrompt = step == (s == SEQUENCES / 2 ? 1 : 0);
                int count = isPrompt ? 1 + random.nextInt(PROMPT) : 1;
                if (isPrompt || lengths[s] > 0) {
                    int[] tokens = random.ints(count, 0, size).toArray();
                    slices.add(new Batch.Slice(tokens, lengths[s], blocks[s], 1));
                    lengths[s] += count;
                }
            }
            Floats logits = runner.run(new Batch(slices));
            for (int row = 0; row < slices.size(); row++) {
                rows.add(logits.toArray((long) row * size, size));
            }
        }
        return rows.toArray(float[][]::new);
    }

    private static BlockTable[] blocks(ModelRunner runner) {
        BlockTable[] tables = new BlockTable[SEQUENCES];
        int next = 0;
        for (int s = 0; s < SEQUENCES; s++) {
            tables[s] = new BlockTable();
            for (LayerKind kind : LayerKind.values()) {
                for (int i = 0; i < (PROMPT + 2 + 15) / 16 * runner.kvLayout().blocksPerStep(kind); i++) {
                    tables[s].append(kind, next++);
                }
            }
        }
        return tables;
    }

    private static ModelRunner cpu(Checkpoint checkpoint, CpuModelRunner.Limits limits) {
        Kernels scalar = KernelsSelector.select(Optional.of("scalar")).kernels();
        return new CpuModelRunner(checkpoint, scalar, 1, limits);
    }

    private static ModelRunner device(Checkpoint checkpoint, CpuModelRunner.Limits limits, int sequences) {
        return new DeviceModelRunner(
                checkpoint,
                TestDevice.withAllCapabilities(),
                new DeviceModelRunner.TowerPlace.OnDevice(),
                limits,
                sequences,
                256);
    }

    private static float[][] score(ModelRunner runner, int[] tokens, int slice) {
        return Scoring.score(runner, tokens, -1, new float[0], slice);
    }

    private static CpuModelRunner.Limits limits() {
        return new CpuModelRunner.Limits(TOKENS, 16, TensorType.F32, 1L << 22);
    }

    private static double relativeError(float[][] expected, float[][] actual) {
        double error = 0;
        double size = 0;
        for (int t = 0; t < expected.length; t++) {
            for (int i = 0; i < expected[t].length; i++) {
                error += Math.pow((double) actual[t][i] - expected[t][i], 2);
                size += Math.pow(expected[t][i], 2);
            }
        }
        return Math.sqrt(error / size);
    }
}
