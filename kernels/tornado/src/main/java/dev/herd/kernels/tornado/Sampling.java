package dev.herd.kernels.tornado;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.WorkerGrid;
import uk.ac.manchester.tornado.api.math.TornadoMath;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * The highest logits of each row and how much the whole row weighs, so that a step sends these to the host and not a vocabulary.
 * {@link #topOfParts} finds them for each part of 4096 logits, {@link #top} for the row; of equal logits the lowest id comes
 * first. How many are wanted and at what temperature the row is weighed differs from row to row.
 *
 * <p>Of every row or part, {@code values} holds as many logits as may be wanted and then two numbers: the sum of
 * {@code exp((logit - highest) / temperature)}, and the plain sum of all logits, which is finite only if all of them are. An
 * addition shows that on every device; comparisons need not, where TornadoVM has a compiler believe that all numbers are finite.
 */
public final class Sampling {
    /*
     * An item knows the best of its own logits, the group chooses the best of these in two steps, and then only the item whose
     * it was looks for its next. So a round costs 24 comparisons and one item's 32 logits, and not all logits again. All sums
     * are made in one order, so that a row always weighs the same.
     */

    /** Logits that a group looks through. */
    static final int PART = 4096;

    /** Behind the logits of a row or part: its weight, and the plain sum. */
    static final int SUMS = 2;

    private static final int GROUP = 128;
    private static final int FEW = 8; // bests of a group after the first step
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
     * The highest logits of every part of every row, in order. One group of 128 items per part.
     *
     * <p>Twin: a sort, and a sum in double.
     *
     * @param places of every row, how many are wanted: up to {@code count}; with 0 nothing is done
     * @param temperatures {@code [rows]}
     * @param values {@code [rows, parts, count + 2]}
     * @param ids {@code [rows, parts, count]}; {@link #NONE} where the part has no more
     * @param logits {@code [rows, size]}
     */
    public static void topOfParts(
            KernelContext context,
            IntArray step,
            IntArray places,
            FloatArray temperatures,
            FloatArray values,
            IntArray ids,
            FloatArray logits,
            int size,
            int count) {
        float[] best = context.allocateFloatLocalArray(GROUP);
        int[] bestIds = context.allocateIntLocalArray(GROUP);
        float[] few = context.allocateFloatLocalArray(FEW);
        int[] fewIds = context.allocateIntLocalArray(FEW);
        int item = context.localIdx;
        int part = context.groupIdx;
        int row = context.groupIdy;
        int wanted = row < step.get(Step.LOGIT_ROWS) ? places.get(row * Step.PLACE + Step.CANDIDATES) : 0;
        if (wanted > 0) {
            int parts = (size + PART - 1) / PART;
            int first = part * PART + item;
            int end = part * PART + PART < size ? part * PART + PART : size;
            int to = row * parts + part;
            float found = LOWEST;
            int foundId = NONE;
            float sum = 0;
            for (int id = first; id < end; id += GROUP) {
                float logit = logits.get(row * size + id);
                sum += logit;
                if (isBefore(logit, id, found, foundId) == 1) {
                    found = logit;
                    foundId = id;
                }
            }
            float highest = 0;
            for (int rank = 0; rank < wanted; rank++) {
                best[item] = found;
                bestIds[item] = foundId;
                context.localBarrier();
                if (item < FEW) {
                    float most = LOWEST;
                    int mostId = NONE;
                    for (int i = item; i < GROUP; i += FEW) {
                        if (isBefore(best[i], bestIds[i], most, mostId) == 1) {
                            most = best[i];
                            mostId = bestIds[i];
                        }
                    }
                    few[item] = most;
                    fewIds[item] = mostId;
                }
                context.localBarrier();
                float last = LOWEST;
                int lastId = NONE;
                for (int i = 0; i < FEW; i++) {
                    if (isBefore(few[i], fewIds[i], last, lastId) == 1) {
                        last = few[i];
                        lastId = fewIds[i];
                    }
                }
                if (rank == 0) {
                    highest = last;
                }
                if (item == 0) {
                    values.set(to * (count + SUMS) + rank, last);
                    ids.set(to * count + rank, lastId);
                }
                if (lastId == foundId && lastId < NONE) {
                    found = LOWEST;
                    foundId = NONE;
                    for (int id = first; id < end; id += GROUP) {
                        float logit = logits.get(row * size + id);
                        if (isBefore(last, lastId, logit, id) == 1 && isBefore(logit, id, found, foundId) == 1) {
                            found = logit;
                            foundId = id;
                        }
                    }
                }
            }
            float temperature = temperatures.get(row);
            float weight = 0;
            for (int id = first; id < end; id += GROUP) {
                weight += TornadoMath.exp((logits.get(row * size + id) - highest) / temperature);
            }
            float total = Norms.sum(context, item, weight, GROUP);
            float plain = Norms.sum(context, item, sum, GROUP);
            if (item == 0) {
                values.set(to * (count + SUMS) + count, total);
                values.set(to * (count + SUMS) + count + 1, plain);
            }
            context.localBarrier();
        }
    }

    /**
     * The highest of all parts' logits of every row, in order. One group of 128 items per row, as above.
     *
     * <p>Twin: a sort, and a sum in double.
     *
     * @param places as above
     * @param temperatures {@code [rows]}
     * @param topValues {@code [rows, count + 2]}
     * @param topIds {@code [rows, count]}; {@link #NONE} where there are no more
     * @param values {@code [rows, parts, count + 2]}
     * @param ids {@code [rows, parts, count]}
     */
    public static void top(
            KernelContext context,
            IntArray step,
            IntArray places,
            FloatArray temperatures,
            FloatArray topValues,
            IntArray topIds,
            FloatArray values,
            IntArray ids,
            int parts,
            int count) {
        float[] best = context.allocateFloatLocalArray(GROUP);
        int[] bestIds = context.allocateIntLocalArray(GROUP);
        float[] few = context.allocateFloatLocalArray(FEW);
        int[] fewIds = context.allocateIntLocalArray(FEW);
        int item = context.localIdx;
        int row = context.groupIdy;
        int wanted = row < step.get(Step.LOGIT_ROWS) ? places.get(row * Step.PLACE + Step.CANDIDATES) : 0;
        if (wanted > 0) {
            float found = LOWEST;
            int foundId = NONE;
            for (int i = item; i < parts * wanted; i += GROUP) {
                int part = row * parts + i / wanted;
                int rank = i % wanted;
                float logit = values.get(part * (count + SUMS) + rank);
                int id = ids.get(part * count + rank);
                if (isBefore(logit, id, found, foundId) == 1) {
                    found = logit;
                    foundId = id;
                }
            }
            float highest = 0;
            for (int rank = 0; rank < wanted; rank++) {
                best[item] = found;
                bestIds[item] = foundId;
                context.localBarrier();
                if (item < FEW) {
                    float most = LOWEST;
                    int mostId = NONE;
                    for (int i = item; i < GROUP; i += FEW) {
                        if (isBefore(best[i], bestIds[i], most, mostId) == 1) {
                            most = best[i];
                            mostId = bestIds[i];
                        }
                    }
                    few[item] = most;
                    fewIds[item] = mostId;
                }
                context.localBarrier();
                float last = LOWEST;
                int lastId = NONE;
                for (int i = 0; i < FEW; i++) {
                    if (isBefore(few[i], fewIds[i], last, lastId) == 1) {
                        last = few[i];
                        lastId = fewIds[i];
                    }
                }
                if (rank == 0) {
                    highest = last;
                }
                if (item == 0) {
                    topValues.set(row * (count + SUMS) + rank, last);
                    topIds.set(row * count + rank, lastId);
                }
                if (lastId == foundId && lastId < NONE) {
                    found = LOWEST;
                    foundId = NONE;
                    for (int i = item; i < parts * wanted; i += GROUP) {
                        int part = row * parts + i / wanted;
                        int other = i % wanted;
                        float logit = values.get(part * (count + SUMS) + other);
                        int id = ids.get(part * count + other);
                        if (isBefore(last, lastId, logit, id) == 1 && isBefore(logit, id, found, foundId) == 1) {
                            found = logit;
                            foundId = id;
                        }
                    }
                }
            }
            float temperature = temperatures.get(row);
            float weight = 0;
            float sum = 0;
            for (int part = item; part < parts; part += GROUP) {
                int from = (row * parts + part) * (count + SUMS);
                weight += values.get(from + count) * TornadoMath.exp((values.get(from) - highest) / temperature);
                sum += values.get(from + count + 1);
            }
            float total = Norms.sum(context, item, weight, GROUP);
            float plain = Norms.sum(context, item, sum, GROUP);
            if (item == 0) {
                topValues.set(row * (count + SUMS) + count, total);
                topValues.set(row * (count + SUMS) + count + 1, plain);
            }
            context.localBarrier();
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
