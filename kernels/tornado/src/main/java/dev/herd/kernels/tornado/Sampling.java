package dev.herd.kernels.tornado;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.WorkerGrid;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * The highest logits of each row, so that a step sends {@code count} pairs to the host and not a vocabulary; with a count
 * of 1 the greedy token. {@link #topOfParts} finds those of each part of 4096 logits, {@link #top} the best of these; of
 * equal logits the lowest id comes first. Logits are read from memory once, and from the cache {@code count - 1} times more.
 */
public final class Sampling {
    /** Logits that a group looks through. */
    static final int PART = 4096;

    private static final int GROUP = 128;
    private static final float LOWEST = -Float.MAX_VALUE;

    /** The id where there are no more logits: behind all others. */
    static final int NONE = Integer.MAX_VALUE;

    private Sampling() {}

    /** Parts of a row of {@code size} logits. */
    public static int parts(int size) {
        return Math.ceilDiv(size, PART);
    }

    /** The grid of {@link #topOfParts} for up to {@code rows} rows. */
    public static WorkerGrid partsGrid(int size, int rows) {
        return Grids.groups(parts(size), rows, GROUP);
    }

    /** The grid of {@link #top} for up to {@code rows} rows. */
    public static WorkerGrid topGrid(int rows) {
        return Grids.groups(1, rows, GROUP);
    }

    /**
     * The {@code count} highest logits of every part of every row, in order. One group of 128 items per part; each round
     * every item finds the best of its logits that comes after the last one chosen, and the group the best of these.
     *
     * <p>Twin: a sort.
     *
     * @param values {@code [rows, parts, count]}
     * @param ids the same shape; {@link #NONE} where the part has no more
     * @param logits {@code [rows, size]}
     */
    public static void topOfParts(
            KernelContext context,
            IntArray step,
            FloatArray values,
            IntArray ids,
            FloatArray logits,
            int size,
            int count) {
        float[] best = context.allocateFloatLocalArray(GROUP);
        int[] bestIds = context.allocateIntLocalArray(GROUP);
        int item = context.localIdx;
        int part = context.groupIdx;
        int row = context.groupIdy;
        if (row < step.get(Step.LOGIT_ROWS)) {
            int parts = (size + PART - 1) / PART;
            int end = part * PART + PART < size ? part * PART + PART : size;
            float last = Float.MAX_VALUE; // before everything
            int lastId = -1;
            for (int rank = 0; rank < count; rank++) {
                float found = LOWEST;
                int foundId = NONE;
                for (int id = part * PART + item; id < end; id += GROUP) {
                    float logit = logits.get(row * size + id);
                    if (isBefore(last, lastId, logit, id) == 1 && isBefore(logit, id, found, foundId) == 1) {
                        found = logit;
                        foundId = id;
                    }
                }
                best[item] = found;
                bestIds[item] = foundId;
                context.localBarrier();
                last = LOWEST;
                lastId = NONE;
                for (int i = 0; i < GROUP; i++) {
                    if (isBefore(best[i], bestIds[i], last, lastId) == 1) {
                        last = best[i];
                        lastId = bestIds[i];
                    }
                }
                if (item == 0) {
                    int at = (row * parts + part) * count + rank;
                    values.set(at, last);
                    ids.set(at, lastId);
                }
                context.localBarrier();
            }
        }
    }

    /**
     * The {@code count} highest of all parts' logits of every row, in order. One group of 128 items per row, as above.
     *
     * <p>Twin: a sort.
     *
     * @param topValues {@code [rows, count]}
     * @param topIds the same shape; {@link #NONE} where there are no more
     * @param values {@code [rows, parts, count]}
     * @param ids the same shape
     */
    public static void top(
            KernelContext context,
            IntArray step,
            FloatArray topValues,
            IntArray topIds,
            FloatArray values,
            IntArray ids,
            int parts,
            int count) {
        float[] best = context.allocateFloatLocalArray(GROUP);
        int[] bestIds = context.allocateIntLocalArray(GROUP);
        int item = context.localIdx;
        int row = context.groupIdy;
        if (row < step.get(Step.LOGIT_ROWS)) {
            int from = row * parts * count;
            float last = Float.MAX_VALUE; // before everything
            int lastId = -1;
            for (int rank = 0; rank < count; rank++) {
                float found = LOWEST;
                int foundId = NONE;
                for (int i = item; i < parts * count; i += GROUP) {
                    float logit = values.get(from + i);
                    int id = ids.get(from + i);
                    if (isBefore(last, lastId, logit, id) == 1 && isBefore(logit, id, found, foundId) == 1) {
                        found = logit;
                        foundId = id;
                    }
                }
                best[item] = found;
                bestIds[item] = foundId;
                context.localBarrier();
                last = LOWEST;
                lastId = NONE;
                for (int i = 0; i < GROUP; i++) {
                    if (isBefore(best[i], bestIds[i], last, lastId) == 1) {
                        last = best[i];
                        lastId = bestIds[i];
                    }
                }
                if (item == 0) {
                    topValues.set(row * count + rank, last);
                    topIds.set(row * count + rank, lastId);
                }
                context.localBarrier();
            }
        }
    }

    /** 1 if logit a of id i comes before logit b of id j, else 0. */
    private static int isBefore(float a, int i, float b, int j) {
        int before = 0;
        if (a > b) {
            before = 1;
        }
        if (a == b && i < j) {
            before = 1;
        }
        return before;
    }
}
