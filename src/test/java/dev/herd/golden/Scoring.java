package dev.herd.golden;

import dev.herd.engine.CpuModelRunner;
import dev.herd.engine.ModelRunner;
import dev.herd.kernels.Floats;
import dev.herd.kernels.KernelsSelector;
import dev.herd.kernels.TensorType;
import dev.herd.kernels.device.Candidates.Wish;
import dev.herd.model.Batch;
import dev.herd.model.BlockTable;
import dev.herd.weights.Checkpoint;
import dev.herd.weights.ModelConfig.LayerKind;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** Logits of a whole prompt, and how far two sets of them are apart. */
public final class Scoring {
    private Scoring() {}

    /** One full forward with the scalar kernels and a float cache. */
    public static float[][] score(Checkpoint checkpoint, int[] tokens) {
        return score(checkpoint, tokens, -1, new float[0]);
    }

    /** The same with the rows of {@code features} in place of the embeddings of {@code placeholder}, in order. */
    public static float[][] score(Checkpoint checkpoint, int[] tokens, int placeholder, float[] features) {
        return score(checkpoint, tokens, placeholder, features, tokens.length);
    }

    /** The same, {@code slice} tokens at a time. */
    static float[][] score(Checkpoint checkpoint, int[] tokens, int placeholder, float[] features, int slice) {
        CpuModelRunner.Limits limits = new CpuModelRunner.Limits(tokens.length, 16, TensorType.F32, 1L << 28);
        try (CpuModelRunner runner = new CpuModelRunner(
                checkpoint, KernelsSelector.select(Optional.of("scalar")).kernels(), 2, limits)) {
            return score(runner, tokens, placeholder, features, slice);
        }
    }

    /** The same on any runner that has room for it. */
    public static float[][] score(ModelRunner runner, int[] tokens, int placeholder, float[] features, int slice) {
        BlockTable blocks = new BlockTable();
        int next = 0;
        for (LayerKind kind : LayerKind.values()) {
            int count = ((tokens.length - 1) / 16 + 1) * runner.kvLayout().blocksPerStep(kind);
            for (int i = 0; i < count; i++) {
                blocks.append(kind, next++);
            }
        }
        List<Batch.ImageEmbedding> images = images(tokens, placeholder, features);
        int size = runner.config().vocabularySize();
        float[][] rows = new float[tokens.length][];
        for (int from = 0; from < tokens.length; from += slice) {
            int[] part = Arrays.copyOfRange(tokens, from, Math.min(from + slice, tokens.length));
            Floats logits = runner.run(new Batch(List.of(
                    new Batch.Slice(part, from, blocks, part.length, Wish.NONE, within(images, from, part.length)))));
            for (int t = 0; t < part.length; t++) {
                rows[from + t] = logits.toArray((long) t * size, size);
            }
        }
        return rows;
    }

    private static List<Batch.ImageEmbedding> within(List<Batch.ImageEmbedding> images, int from, int count) {
        return images.stream()
                .filter(image -> image.offset() >= from && image.offset() < from + count)
                .map(image -> new Batch.ImageEmbedding(image.offset() - from, 1, image.rows(), image.firstRow()))
                .toList();
    }

    private static List<Batch.ImageEmbedding> images(int[] tokens, int placeholder, float[] features) {
        List<Batch.ImageEmbedding> images = new ArrayList<>();
        for (int t = 0; t < tokens.length; t++) {
            if (tokens[t] == placeholder) {
                images.add(new Batch.ImageEmbedding(t, 1, features, images.size()));
            }
        }
        return images;
    }

    /** The largest absolute difference; infinite if a value is not a number. */
    public static double largestError(float[][] expected, float[][] actual) {
        return Arrays.stream(errors(expected, actual)).max().orElseThrow();
    }

    private static double[] errors(float[][] expected, float[][] actual) {
        double[] errors = new double[expected.length * expected[0].length];
        for (int t = 0; t < expected.length; t++) {
            for (int i = 0; i < expected[t].length; i++) {
                double error = Math.abs((double) expected[t][i] - actual[t][i]);
                errors[t * expected[t].length + i] = Double.isNaN(error) ? Double.POSITIVE_INFINITY : error;
            }
        }
        return errors;
    }
}
