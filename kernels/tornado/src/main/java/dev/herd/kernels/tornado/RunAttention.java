package dev.herd.kernels.tornado;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.WorkerGrid;
import uk.ac.manchester.tornado.api.math.TornadoMath;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * Attention over the paged cache where a group's items run side by side, as CUDA's do; for prefill and decoding alike. It computes
 * what {@link Attention#attend} does, and {@link Attention#combine} follows it, too.
 *
 * <p>One group of 128 items handles a run of up to four tokens of one sequence ({@link Step#RUN}), and of those the query heads
 * that share a key/value head, over one of {@code splits} stretches of the visible positions. It goes through its stretch 32
 * positions at a time. Keys of a tile are decoded into local memory once for all queries; a quarter of the group takes a token,
 * or a token's elements are dealt out to all quarters if the run has one token, and every item scores one position for all
 * heads. The maximum so far and with it the weights are brought up to date (online softmax), values take the keys' place, and
 * every item adds weighted values for two elements of half of the queries.
 *
 * <p>Traffic is keys and values of what is visible once per run, a quarter of what a group per token would read, the queries
 * from the cache once per tile, and {@code partial} written once. A group takes 22 KB of local memory for one of Scout's tokens
 * and 32 KB for four.
 */
public final class RunAttention {
    /** Items of a group. */
    private static final int GROUP = 128;

    /** Positions of a tile, and items of a quarter. */
    private static final int POSITIONS = 32;

    private static final int QUARTERS = GROUP / POSITIONS;

    /** Queries of a token that an item handles at a time: as many as share a key in Llama 4. */
    private static final int ROWS = 5;

    /** Bytes of local memory that every device has. */
    private static final int LOCAL_BYTES = 48 * 1024;

    private static final float LOWEST = -Float.MAX_VALUE;

    private RunAttention() {}

    /**
     * Tokens of a run: as many as local memory has room for.
     *
     * @return 4, 2, 1, or 0 if the heads are too large or too many for one group
     */
    static int runLength(int heads, int kvHeads, int headSize) {
        int length = QUARTERS;
        int groupSize = heads / kvHeads;
        while (length > 0 && (length * groupSize > GROUP || localBytes(groupSize, headSize, length) > LOCAL_BYTES)) {
            length /= 2;
        }
        return length;
    }

    private static long localBytes(int groupSize, int headSize, int length) {
        long queries = (long) length * groupSize;
        long parts = (long) GROUP * groupSize;
        return Float.BYTES
                * ((long) POSITIONS * (headSize | 1) + parts + queries * (POSITIONS + headSize + 3L) + 2L * length);
    }

    /** The grid of {@link #attend} for up to {@code tokens} tokens. */
    public static WorkerGrid grid(int kvHeads, int tokens, int splits) {
        return Grids.groups(kvHeads, tokens, splits, GROUP);
    }

    /**
     * {@code Σ_p e^(s_p - m) · value[p]}, m and {@code Σ_p e^(s_p - m)} for every query head and stretch, with
     * {@code s_p = query · key[p] / sqrt(headSize)} and m the largest of them.
     *
     * <p>Twin: {@code ScalarAttention.attend}.
     *
     * @param partial {@code [tokens, splits, heads, headSize + 2]}
     * @param query {@code [tokens, heads, headSize]}
     * @param cache see {@link KeyValues}
     * @param kind GLOBAL sees everything before, the LOCAL ones from the token's first visible position on
     * @param format of the cache: F32, F16 or Q8_0
     * @param splits stretches, the third dimension of the grid
     * @param runLength tokens of a run, at most
     */
    public static void attend(
            KernelContext context,
            IntArray step,
            IntArray places,
            IntArray tables,
            IntArray layer,
            FloatArray partial,
            FloatArray query,
            IntArray cache,
            int heads,
            int kvHeads,
            int headSize,
            int blockSize,
            int blocksPerStep,
            int kind,
            int format,
            int splits,
            int runLength) {
        int groupSize = heads / kvHeads;
        int units = (headSize + Weights.UNIT - 1) / Weights.UNIT;
        int stride = headSize | 1; // odd, against bank conflicts
        float[] tile = context.allocateFloatLocalArray(POSITIONS * (headSize | 1));
        float[] parts = context.allocateFloatLocalArray(GROUP * groupSize); // [quarters, groupSize, positions]
        float[] weights = context.allocateFloatLocalArray(runLength * groupSize * POSITIONS);
        float[] sums = context.allocateFloatLocalArray(runLength * groupSize * headSize);
        float[] largest = context.allocateFloatLocalArray(runLength * groupSize);
        float[] factors = context.allocateFloatLocalArray(runLength * groupSize);
        float[] totals = context.allocateFloatLocalArray(runLength * groupSize);
        int[] firsts = context.allocateIntLocalArray(runLength);
        int[] ends = context.allocateIntLocalArray(runLength);
        int item = context.localIdx;
        int kvHead = context.groupIdx;
        int run = context.groupIdy;
        int split = context.groupIdz;
        if (run < step.get(Step.RUNS)) {
            int firstToken = places.get(run * Step.PLACE + Step.RUN);
            int count = places.get(run * Step.PLACE + Step.RUN_TOKENS);
            int place = firstToken * Step.PLACE;
            int first = 0;
            int table = places.get(place + Step.GLOBAL_TABLE);
            if (kind != KeyValues.GLOBAL) {
                first = places.get(place + Step.LOCAL_FIRST);
                table = places.get(place + Step.LOCAL_TABLE);
            }
            int end = places.get(place + (count - 1) * Step.PLACE + Step.POSITION) + 1;
            int stretch = ((end - first + splits - 1) / splits + POSITIONS - 1) / POSITIONS * POSITIONS;
            int from = first + split * stretch;
            int to = TornadoMath.min(from + stretch, end);
            int words = KeyValues.headWords(format, headSize);
            int valuesAfter = kvHeads * blockSize * words;
            float scale = 1 / TornadoMath.sqrt(headSize);
            int queries = count * groupSize;
            // Quarters of the group: those of a token share its elements.
            int shares = QUARTERS / count;
            int quarter = item / POSITIONS;
            int lane = item % POSITIONS;
            int token = quarter % count;
            int share = quarter / count;
            for (int i = item; i < headSize; i += GROUP) {
                for (int q = 0; q < queries; q++) {
                    sums[q * headSize + i] = 0;
                }
            }
            if (item < queries) {
                largest[item] = LOWEST;
                totals[item] = 0;
            }
            if (item < count) {
                firsts[item] = first;
                if (kind != KeyValues.GLOBAL) {
                    firsts[item] = places.get(place + item * Step.PLACE + Step.LOCAL_FIRST);
                }
                ends[item] = places.get(place + item * Step.PLACE + Step.POSITION) + 1;
            }
            context.localBarrier();
            for (int start = from; start < to; start += POSITIONS) {
                for (int i = item; i < POSITIONS * units; i += GROUP) {
                    int position = TornadoMath.min(start + i % POSITIONS, to - 1);
                    int unit = i / POSITIONS;
                    int at = i % POSITIONS * stride + unit * Weights.UNIT;
                    int row = KeyValues.row(
                            tables, layer, table, position, kvHead, kvHeads, blockSize, blocksPerStep, words);
                    int elements = Weights.UNIT;
                    if (headSize % Weights.UNIT != 0) {
                        elements = Weights.count(format, unit, headSize);
                    }
                    float unitScale = Weights.scale(cache, format, row, unit);
                    for (int j = 0; j < elements; j++) {
                        tile[at + j] = unitScale * Weights.level(cache, format, row, unit, j);
                    }
                }
                context.localBarrier();
                if (share < shares) {
                    for (int head = 0; head < groupSize; head += ROWS) {
                        // Heads beyond the last are the last again.
                        int q0 = ((firstToken + token) * heads + kvHead * groupSize + head) * headSize;
                        int q1 = q0 + TornadoMath.min(1, groupSize - 1 - head) * headSize;
                        int q2 = q0 + TornadoMath.min(2, groupSize - 1 - head) * headSize;
                        int q3 = q0 + TornadoMath.min(3, groupSize - 1 - head) * headSize;
                        int q4 = q0 + TornadoMath.min(4, groupSize - 1 - head) * headSize;
                        float s0 = 0;
                        float s1 = 0;
                        float s2 = 0;
                        float s3 = 0;
                        float s4 = 0;
                        for (int i = share; i < headSize; i += shares) {
                            float key = tile[lane * stride + i];
                            s0 += key * query.get(q0 + i);
                            s1 += key * query.get(q1 + i);
                            s2 += key * query.get(q2 + i);
                            s3 += key * query.get(q3 + i);
                            s4 += key * query.get(q4 + i);
                        }
                        int to0 = (quarter * groupSize + head) * POSITIONS + lane;
                        parts[to0] = s0;
                        if (head + 1 < groupSize) {
                            parts[to0 + POSITIONS] = s1;
                        }
                        if (head + 2 < groupSize) {
                            parts[to0 + 2 * POSITIONS] = s2;
                        }
                        if (head + 3 < groupSize) {
                            parts[to0 + 3 * POSITIONS] = s3;
                        }
                        if (head + 4 < groupSize) {
                            parts[to0 + 4 * POSITIONS] = s4;
                        }
                    }
                }
                context.localBarrier();
                for (int row = quarter; row < runLength * groupSize; row += QUARTERS) {
                    if (row < queries) { // token after token, head after head
                        int ofToken = row / groupSize;
                        float score = 0;
                        for (int s = 0; s < shares; s++) {
                            score += parts[(s * queries + row) * POSITIONS + lane];
                        }
                        score *= scale;
                        if (start + lane < firsts[ofToken]) {
                            score = LOWEST;
                        }
                        if (start + lane >= TornadoMath.min(ends[ofToken], to)) {
                            score = LOWEST;
                        }
                        weights[row * POSITIONS + lane] = score;
                    }
                }
                context.localBarrier();
                if (item < queries) {
                    float before = largest[item];
                    float now = before;
                    for (int i = 0; i < POSITIONS; i++) {
                        now = TornadoMath.max(now, weights[item * POSITIONS + i]);
                    }
                    largest[item] = now;
                    factors[item] = TornadoMath.exp(before - now);
                }
                for (int i = item; i < POSITIONS * units; i += GROUP) {
                    int position = TornadoMath.min(start + i % POSITIONS, to - 1);
                    int unit = i / POSITIONS;
                    int at = i % POSITIONS * stride + unit * Weights.UNIT;
                    int row = valuesAfter
                            + KeyValues.row(
                                    tables, layer, table, position, kvHead, kvHeads, blockSize, blocksPerStep, words);
                    int elements = Weights.UNIT;
                    if (headSize % Weights.UNIT != 0) {
                        elements = Weights.count(format, unit, headSize);
                    }
                    float unitScale = Weights.scale(cache, format, row, unit);
                    for (int j = 0; j < elements; j++) {
                        tile[at + j] = unitScale * Weights.level(cache, format, row, unit, j);
                    }
                }
                context.localBarrier();
                for (int row = quarter; row < runLength * groupSize; row += QUARTERS) {
                    if (row < queries) {
                        float weight = TornadoMath.exp(weights[row * POSITIONS + lane] - largest[row]);
                        if (weights[row * POSITIONS + lane] == LOWEST) {
                            weight = 0;
                        }
                        weights[row * POSITIONS + lane] = weight;
                    }
                }
                context.localBarrier();
                if (item < queries) {
                    float total = totals[item] * factors[item];
                    for (int i = 0; i < POSITIONS; i++) {
                        total += weights[item * POSITIONS + i];
                    }
                    totals[item] = total;
                }
                int half = (headSize + 1) / 2;
                int toQuery = item < GROUP / 2 ? (queries + 1) / 2 : queries;
                for (int i = item % (GROUP / 2); i < half; i += GROUP / 2) {
                    int other = TornadoMath.min(i + half, headSize - 1);
                    for (int q = item < GROUP / 2 ? 0 : (queries + 1) / 2; q < toQuery; q += ROWS) {
                        // Queries beyond the last are the last again.
                        int w0 = q * POSITIONS;
                        int w1 = TornadoMath.min(q + 1, queries - 1) * POSITIONS;
                        int w2 = TornadoMath.min(q + 2, queries - 1) * POSITIONS;
                        int w3 = TornadoMath.min(q + 3, queries - 1) * POSITIONS;
                        int w4 = TornadoMath.min(q + 4, queries - 1) * POSITIONS;
                        float a0 = 0;
                        float b0 = 0;
                        float a1 = 0;
                        float b1 = 0;
                        float a2 = 0;
                        float b2 = 0;
                        float a3 = 0;
                        float b3 = 0;
                        float a4 = 0;
                        float b4 = 0;
                        for (int p = 0; p < POSITIONS; p++) {
                            float a = tile[p * stride + i];
                            float b = tile[p * stride + other];
                            float weight0 = weights[w0 + p];
                            a0 += a * weight0;
                            b0 += b * weight0;
                            float weight1 = weights[w1 + p];
                            a1 += a * weight1;
                            b1 += b * weight1;
                            float weight2 = weights[w2 + p];
                            a2 += a * weight2;
                            b2 += b * weight2;
                            float weight3 = weights[w3 + p];
                            a3 += a * weight3;
                            b3 += b * weight3;
                            float weight4 = weights[w4 + p];
                            a4 += a * weight4;
                            b4 += b * weight4;
                        }
                        float factor0 = factors[q];
                        sums[q * headSize + i] = sums[q * headSize + i] * factor0 + a0;
                        if (i + half < headSize) {
                            sums[q * headSize + other] = sums[q * headSize + other] * factor0 + b0;
                        }
                        if (q + 1 < toQuery) {
                            float factor1 = factors[q + 1];
                            sums[(q + 1) * headSize + i] = sums[(q + 1) * headSize + i] * factor1 + a1;
                            if (i + half < headSize) {
                                sums[(q + 1) * headSize + other] = sums[(q + 1) * headSize + other] * factor1 + b1;
                            }
                        }
                        if (q + 2 < toQuery) {
                            float factor2 = factors[q + 2];
                            sums[(q + 2) * headSize + i] = sums[(q + 2) * headSize + i] * factor2 + a2;
                            if (i + half < headSize) {
                                sums[(q + 2) * headSize + other] = sums[(q + 2) * headSize + other] * factor2 + b2;
                            }
                        }
                        if (q + 3 < toQuery) {
                            float factor3 = factors[q + 3];
                            sums[(q + 3) * headSize + i] = sums[(q + 3) * headSize + i] * factor3 + a3;
                            if (i + half < headSize) {
                                sums[(q + 3) * headSize + other] = sums[(q + 3) * headSize + other] * factor3 + b3;
                            }
                        }
                        if (q + 4 < toQuery) {
                            float factor4 = factors[q + 4];
                            sums[(q + 4) * headSize + i] = sums[(q + 4) * headSize + i] * factor4 + a4;
                            if (i + half < headSize) {
                                sums[(q + 4) * headSize + other] = sums[(q + 4) * headSize + other] * factor4 + b4;
                            }
                        }
                    }
                }
                context.localBarrier();
            }
            for (int q = 0; q < queries; q++) {
                int out = (((firstToken + q / groupSize) * splits + split) * heads + kvHead * groupSize + q % groupSize)
                        * (headSize + 2);
                for (int i = item; i < headSize; i += GROUP) {
                    partial.set(out + i, sums[q * headSize + i]);
                }
                if (item == q) {
                    partial.set(out + headSize, largest[q]);
                    partial.set(out + headSize + 1, totals[q]);
                }
            }
            context.localBarrier();
        }
    }
}
