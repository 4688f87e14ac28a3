package dev.herd.kernels.cpu;

import dev.herd.kernels.Floats;
import dev.herd.kernels.KvShape;
import dev.herd.kernels.KvView;
import java.util.Arrays;

/**
 * Attention of the scalar kernels, one query head at a time.
 *
 * <p>The softmax is computed online: positions are taken a run at a time, and when a run brings a larger score, what has
 * been summed so far is scaled down to it. So memory does not grow with the context.
 */
final class ScalarAttention {
    /** Positions whose keys and values are decoded at a time, at most. */
    private static final int RUN = 64;

    private final KvView cache;
    private final int kvHead;
    private final int headSize;
    private final double scoreScale;
    private final Scratch scratch = Scratch.ofThread();
    private final float[] query; // [headSize]
    private final double[] sums; // [headSize]
    private final double[] scores = scratch.scores(RUN); // [positions of the run]
    private double largest = Double.NEGATIVE_INFINITY;
    private double weightSum;

    private ScalarAttention(KvView cache, int kvHead) {
        this.cache = cache;
        this.kvHead = kvHead;
        this.headSize = cache.shape().headSize();
        this.scoreScale = 1 / Math.sqrt(headSize);
        this.query = scratch.inputs(headSize);
        this.sums = scratch.sums(headSize);
        Arrays.fill(sums, 0, headSize, 0);
    }

    /** Attention of the head whose query starts at element {@code from}; its output goes to the same place of out. */
    static void attendHead(
            Floats out, Floats query, long from, KvView cache, int kvHead, int firstPosition, int position) {
        ScalarAttention head = new ScalarAttention(cache, kvHead);
        query.read(from, head.query, 0, head.headSize);
        int blockSize = cache.shape().blockSize();
        int start = firstPosition;
        while (start <= position) {
            int leftInBlock = blockSize - start % blockSize;
            int count = Math.min(Math.min(RUN, leftInBlock), position - start + 1);
            head.addRun(start, count);
            start += count;
        }
        for (int i = 0; i < head.headSize; i++) {
            out.set(from + i, (float) (head.sums[i] / head.weightSum));
        }
    }

    private void addRun(int start, int count) {
        float[] keys = decode(start, count, 0);
        double runLargest = largest;
        for (int i = 0; i < count; i++) {
            double dot = Dots.dot(query, 0, keys, i * headSize, headSize, scratch.lanes());
            scores[i] = dot * scoreScale;
            runLargest = Math.max(runLargest, scores[i]);
        }
        double shrink = Math.exp(largest - runLargest);
        largest = runLargest;
        weightSum *= shrink;
        for (int i = 0; i < headSize; i++) {
            sums[i] *= shrink;
        }
        float[] values = decode(start, count, cache.shape().valuesOffset());
        for (int i = 0; i < count; i++) {
            double weight = Math.exp(scores[i] - largest);
            weightSum += weight;
            Dots.addScaled(sums, 0, weight, values, i * headSize, headSize);
        }
    }

    /** {@code [count, headSize]} keys, or values if {@code partOffset} leads to them, of positions in one block. */
    private float[] decode(int start, int count, long partOffset) {
        KvShape shape = cache.shape();
        float[] decoded = scratch.row(RUN * headSize);
        long offset = cache.offset() + partOffset + shape.type().bytes(shape.element(kvHead, start));
        RowDecoder.decode(shape.type(), cache.block(start), offset, decoded, count * headSize, scratch);
        return decoded;
    }
}
