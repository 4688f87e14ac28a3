package dev.herd.kernels.cpu;

import static dev.herd.kernels.cpu.VectorLanes.LANES;
import static dev.herd.kernels.cpu.VectorLanes.broadcast;
import static dev.herd.kernels.cpu.VectorLanes.floatAt;
import static dev.herd.kernels.cpu.VectorLanes.load;
import static dev.herd.kernels.cpu.VectorLanes.putFloat;
import static dev.herd.kernels.cpu.VectorLanes.store;

import dev.herd.kernels.KvShape;
import dev.herd.kernels.KvView;
import dev.herd.kernels.TensorType;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/**
 * Attention of the vector kernels: query heads that share a key/value head are computed in one pass over the cache.
 *
 * <p>The softmax is computed online: positions are taken a run at a time, and when a run brings a larger score, what has
 * been summed so far is scaled down to it. So memory does not grow with the context.
 */
final class VectorAttention {
    /** Positions whose keys and values are decoded at a time; whole vectors. */
    private static final int RUN = 32;

    /** Query heads that share a pass, at most; whole tiles. */
    static final int HEADS = 8;

    private static final int PAIR = 2 * LANES;

    private final VectorScratch scratch = VectorScratch.ofThread();
    private final KvView cache;
    private final int kvHead;
    private final int heads;
    private final int headSize;
    private final int padded;
    private final long rowBytes;
    private final long query; // [HEADS, padded], scaled by 1 / sqrt(headSize)
    private final long sums; // [HEADS, padded]
    private final long weights; // [HEADS, RUN]: scores of a run, then their weights
    private final long largest; // [HEADS]
    private final long weightSums; // [HEADS]
    private final long decoded; // [RUN, padded] keys or values of a run, and room for a vector

    private VectorAttention(KvView cache, int kvHead, int heads) {
        this.cache = cache;
        this.kvHead = kvHead;
        this.heads = heads;
        this.headSize = cache.shape().headSize();
        this.padded = (headSize + PAIR - 1) / PAIR * PAIR;
        this.rowBytes = 4L * padded;
        long runBytes = 4L * RUN;
        long state = HEADS * (2 * rowBytes + runBytes + 8);
        this.query = scratch.working(state + RUN * rowBytes + 4L * LANES);
        this.sums = query + HEADS * rowBytes;
        this.weights = sums + HEADS * rowBytes;
        this.largest = weights + HEADS * runBytes;
        this.weightSums = largest + 4L * HEADS;
        this.decoded = weightSums + 4L * HEADS;
        VectorLanes.fillZero(query, state);
        if (padded > headSize) {
            VectorLanes.fillZero(decoded, RUN * rowBytes);
        }
    }

    /**
     * Attention of neighbouring query heads, at most {@link #HEADS}, that read one key/value head.
     *
     * @param out {@code [heads, headSize]}
     * @param query the same
     */
    static void attend(long out, long query, KvView cache, int kvHead, int heads, int firstPosition, int position) {
        VectorAttention pass = new VectorAttention(cache, kvHead, heads);
        pass.readQueries(query);
        for (int start = firstPosition; start <= position; start += RUN) {
            int count = Math.min(RUN, position - start + 1);
            pass.decode(start, count, 0);
            pass.score(count);
            for (int head = 0; head < heads; head++) {
                pass.weigh(head, count);
            }
            pass.decode(start, count, cache.shape().valuesOffset());
            pass.blend(count);
        }
        pass.writeMeans(out);
    }

    private void readQueries(long source) {
        float scale = (float) (1 / Math.sqrt(headSize));
        for (int head = 0; head < heads; head++) {
            long row = query + rowBytes * head;
            VectorLanes.copy(source + 4L * headSize * head, row, 4L * headSize);
            VectorPlain.scale(row, scale, padded);
            putFloat(largest + 4L * head, Float.NEGATIVE_INFINITY);
        }
    }

    /** Decodes the keys, or values if {@code partOffset} leads to them, of a run, block by block. */
    private void decode(int start, int count, long partOffset) {
        KvShape shape = cache.shape();
        TensorType type = shape.type();
        for (int done = 0; done < count; ) {
            int position = start + done;
            int rows = Math.min(count - done, shape.blockSize() - position % shape.blockSize());
            long source = cache.block(position).address() + cache.offset() + partOffset;
            source += type.bytes(shape.element(kvHead, position));
            long target = decoded + rowBytes * done;
            if (padded == headSize) {
                VectorRows.decode(type, source, target, rows * headSize, scratch.steps());
            } else {
                for (int row = 0; row < rows; row++) {
                    long at = source + type.bytes((long) headSize * row);
                    VectorRows.decode(type, at, target + rowBytes * row, headSize, scratch.steps());
                }
            }
            done += rows;
        }
    }

    private void score(int count) {
        for (int i = 0; i < count; i++) {
            long key = decoded + rowBytes * i;
            for (int head = 0; head < heads; head++) {
                putFloat(weights + 4L * (RUN * head + i), VectorTile.dot(query + rowBytes * head, key, padded));
            }
        }
    }

    /** Turns the scores of a head into weights and scales its sums so far to the new largest score. */
    private void weigh(int head, int count) {
        long scores = weights + 4L * RUN * head;
        for (int i = count; i < RUN; i++) {
            putFloat(scores + 4L * i, Float.NEGATIVE_INFINITY);
        }
        FloatVector lanes = load(scores);
        for (int i = LANES; i < RUN; i += LANES) {
            lanes = lanes.max(load(scores + 4L * i));
        }
        float before = floatAt(largest + 4L * head);
        float now = Math.max(before, lanes.reduceLanes(VectorOperators.MAX));
        if (now > before) {
            shrink(head, before - now);
            putFloat(largest + 4L * head, now);
        }
        FloatVector total = VectorLanes.zero();
        for (int i = 0; i < RUN; i += LANES) {
            FloatVector weight =
                    VectorElementwise.exponential(load(scores + 4L * i).sub(now));
            store(weight, scores + 4L * i);
            total = total.add(weight);
        }
        long sum = weightSums + 4L * head;
        putFloat(sum, floatAt(sum) + VectorLanes.sum(total));
    }

    private void shrink(int head, float difference) {
        float factor = VectorElementwise.exponential(broadcast(difference)).lane(0);
        VectorPlain.scale(sums + rowBytes * head, factor, padded);
        putFloat(weightSums + 4L * head, floatAt(weightSums + 4L * head) * factor);
    }

    /** {@code sums[h] += Σ_i weights[h][i] · value i}; the weights of heads that there are not are zeros. */
    private void blend(int count) {
        long runBytes = 4L * RUN;
        for (int head = 0; head < heads; head += VectorTile.ROWS) {
            long a = weights + runBytes * head;
            for (int i = 0; i < padded; i += PAIR) {
                long target = sums + rowBytes * head + 4L * i;
                VectorTile.multiply4x2(a, a + 4L * count, runBytes, decoded + 4L * i, rowBytes, target, rowBytes);
            }
        }
    }

    private void writeMeans(long out) {
        for (int head = 0; head < heads; head++) {
            long row = sums + rowBytes * head;
            VectorPlain.scale(row, 1 / floatAt(weightSums + 4L * head), padded);
            VectorLanes.copy(row, out + 4L * headSize * head, 4L * headSize);
        }
    }
}
