package dev.herd.kernels.tornado;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.WorkerGrid;
import uk.ac.manchester.tornado.api.enums.MMAShape;
import uk.ac.manchester.tornado.api.math.TornadoMath;
import uk.ac.manchester.tornado.api.types.HalfFloat;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * Attention of many tokens over a paged cache of halves on matrix units, for devices that have them
 * ({@link Capabilities#hasMma}): what {@link RunAttention} and {@link Attention#combine} are elsewhere.
 *
 * <p>A group of four warps handles a run of tokens of one sequence ({@link Step#RUN}), and of those the query heads that share a
 * key/value head: 64 queries, twelve of Scout's tokens, of which every warp has 16. It goes through the visible positions twice,
 * 64 at a time: first for the largest score of each query, then, with the scores computed once more, for weights and weighted
 * values. So the sums of values never need to be scaled on the way, which no kernel could do in matrix units. Queries and weights
 * are rounded to halves, keys and values are halves, sums are floats.
 *
 * <p>Traffic is keys twice and values once per run, queries and result once; scores pass twice through 16 KB of global memory of the
 * group's own, which stay in the cache. Local memory is 43 KB with a head size of 128.
 */
public final class MmaAttention {
    /*
     * Local memory: queries and weights are left factors, rows of eight words for 16 elements or positions, a run of 64 rows
     * after the other, the halves of four rows in turn the other way round, for the banks' sake. Keys and values take turns in
     * one place, as right factors: pieces of 16 by 8, those of keys 16 elements of eight positions, two positions to a word;
     * those of values 16 positions of eight elements. A piece is four words longer than it is large, so that the two positions
     * of each of 32 items come to different banks.
     *
     * What an item stores of scores and sums it reads itself: two neighbours in each of two rows, eight apart, per piece.
     */
    private static final int ROWS = AttentionTile.ROWS;

    /** Positions of a tile. */
    private static final int POSITIONS = AttentionTile.POSITIONS;

    /** Items of a group. */
    private static final int GROUP = 128;

    private static final int WARP = 32;
    private static final int UNIT = Weights.UNIT;

    /** Words of 16 halves. */
    private static final int WORDS = UNIT / 2;

    /** Eights of them. */
    private static final int EIGHTS = POSITIONS / 8;

    /** Words from one piece of keys or values to the next. */
    private static final int PIECE = 68;

    private MmaAttention() {}

    /** The grid of {@link #attend} for up to {@code tokens} tokens. */
    public static WorkerGrid grid(int kvHeads, int tokens, int strands) {
        return Grids.groups(kvHeads, Math.min(tokens, strands), GROUP);
    }

    /**
     * {@code out[t, h] = Σ_p e^(s_p - m) · value[p] / Σ_p e^(s_p - m)} for every query head, with
     * {@code s_p = query · key[p] / sqrt(headSize)} and m the largest of them. Not of tokens that are alone ({@link Step#ALONE}),
     * which are {@link FewAttention}'s.
     *
     * <p>Twin: {@code ScalarAttention.attend}.
     *
     * @param out {@code [tokens, heads, headSize]}
     * @param sums scratch memory of {@link AttentionTile#sums} elements
     * @param query {@code [tokens, heads, headSize]}
     * @param cache see {@link KeyValues}, of halves
     * @param kind GLOBAL sees everything before, the LOCAL ones from the token's first visible position on
     * @param strands what the second dimension of the grid is, at most
     */
    public static void attend(
            KernelContext context,
            IntArray step,
            IntArray places,
            IntArray tables,
            IntArray layer,
            FloatArray out,
            FloatArray sums,
            FloatArray query,
            IntArray cache,
            int heads,
            int kvHeads,
            int headSize,
            int blockSize,
            int blocksPerStep,
            int kind,
            int strands) {
        int groupSize = heads / kvHeads;
        int units = headSize / UNIT;
        int words = headSize / 2;
        int[] queries = context.allocateIntLocalArray(ROWS * (headSize / 2));
        int[] tile = context.allocateIntLocalArray(headSize / UNIT * EIGHTS * PIECE);
        int[] weights = context.allocateIntLocalArray(ROWS * (POSITIONS / 2));
        float[] parts = context.allocateFloatLocalArray(4 * ROWS);
        float[] scales = context.allocateFloatLocalArray(ROWS);
        int item = context.localIdx;
        int lane = item % WARP;
        int warpRow = item / WARP * 16;
        int swapped = MmaSums.swapped(lane);
        int row = warpRow + lane / 4; // this item's, and the one eight further
        int lowRow = row + 8;
        int column = 2 * (lane % 4); // of eight, and the next
        int kvHead = context.groupIdx;
        int group = context.groupIdy * kvHeads + kvHead;
        int outRow = group * ROWS + warpRow;
        int scoreRow = strands * kvHeads * headSize + outRow; // of rows of POSITIONS, behind all sums
        int scoresAt = (scoreRow + lane / 4) * POSITIONS + column;
        int valuesAfter = kvHeads * blockSize * words;
        int runs = step.get(Step.RUNS);
        for (int run = step.get(Step.ALONE) + context.groupIdy; run < runs; run += strands) {
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
            // Rows beyond the last query see what the last token does, and nothing of them is written.
            int own = TornadoMath.min(row / groupSize, count - 1);
            int ownLow = TornadoMath.min(lowRow / groupSize, count - 1);
            int ownFirst = 0;
            int ownLowFirst = 0;
            if (kind != KeyValues.GLOBAL) {
                ownFirst = places.get(place + own * Step.PLACE + Step.LOCAL_FIRST);
                ownLowFirst = places.get(place + ownLow * Step.PLACE + Step.LOCAL_FIRST);
            }
            int ownEnd = places.get(place + own * Step.PLACE + Step.POSITION) + 1;
            int ownLowEnd = places.get(place + ownLow * Step.PLACE + Step.POSITION) + 1;

            // Two items bring a query to halves, divided by a power of two of its own.
            int brought = item / 2;
            int token = firstToken + TornadoMath.min(brought / groupSize, count - 1);
            int from = ((token * heads) + kvHead * groupSize + brought % groupSize) * headSize;
            int half = item % 2 * words;
            float greatest = 0;
            for (int i = 0; i < words; i++) {
                greatest = TornadoMath.max(greatest, TornadoMath.abs(query.get(from + half + i)));
            }
            parts[item] = greatest;
            context.localBarrier();
            float scale = HalfInputs.scale(TornadoMath.max(parts[2 * brought], parts[2 * brought + 1]));
            float factor = 1 / scale;
            if (item % 2 == 0) {
                scales[brought] = scale / TornadoMath.sqrt(headSize);
            }
            for (int i = 0; i < words / 2; i++) {
                int element = half + 2 * i;
                int to = element / UNIT * (ROWS * WORDS) + brought * WORDS;
                queries[to + (element % UNIT / 2 ^ (brought & 4))] =
                        HalfInputs.pair(query.get(from + element) * factor, query.get(from + element + 1) * factor);
            }

            float largest = AttentionTile.LOWEST;
            float lowLargest = AttentionTile.LOWEST;
            context.localBarrier();
            float ownScale = scales[row];
            float ownLowScale = scales[lowRow];
            for (int start = first; start < end; start += POSITIONS) {
                for (int i = item; i < POSITIONS / 2 * units; i += GROUP) {
                    int pair = i % (POSITIONS / 2);
                    int unit = i / (POSITIONS / 2);
                    int lowAt = TornadoMath.min(start + 2 * pair, end - 1);
                    int low = KeyValues.row(
                            tables, layer, table, lowAt, kvHead, kvHeads, blockSize, blocksPerStep, words);
                    low += unit * WORDS;
                    int highAt = TornadoMath.min(start + 2 * pair + 1, end - 1);
                    int high = KeyValues.row(
                            tables, layer, table, highAt, kvHead, kvHeads, blockSize, blocksPerStep, words);
                    high += unit * WORDS;
                    int to = (unit * EIGHTS + pair / 4) * PIECE + pair % 4;
                    for (int j = 0; j < WORDS; j++) {
                        int lowWord = cache.get(low + j);
                        int highWord = cache.get(high + j);
                        tile[to + 8 * j] = (lowWord & 0xFFFF) | (highWord << 16);
                        tile[to + 8 * j + 4] = (lowWord >> 16 & 0xFFFF) | (highWord & 0xFFFF0000);
                    }
                }
                context.localBarrier();
                float[] s0 = context.mmaFragment(0f);
                float[] s1 = context.mmaFragment(0f);
                float[] s2 = context.mmaFragment(0f);
                float[] s3 = context.mmaFragment(0f);
                float[] s4 = context.mmaFragment(0f);
                float[] s5 = context.mmaFragment(0f);
                float[] s6 = context.mmaFragment(0f);
                float[] s7 = context.mmaFragment(0f);
                for (int unit = 0; unit < units; unit++) {
                    int key = 4 * unit * EIGHTS * PIECE;
                    HalfFloat[] q = context.mmaLoadA(queries, UNIT, 4 * (unit * ROWS + warpRow) * WORDS + swapped);
                    s0 = context.mma(q, context.mmaLoadB(tile, UNIT, key), s0, MMAShape.M16N8K16);
                    s1 = context.mma(q, context.mmaLoadB(tile, UNIT, key + 4 * PIECE), s1, MMAShape.M16N8K16);
                    s2 = context.mma(q, context.mmaLoadB(tile, UNIT, key + 8 * PIECE), s2, MMAShape.M16N8K16);
                    s3 = context.mma(q, context.mmaLoadB(tile, UNIT, key + 12 * PIECE), s3, MMAShape.M16N8K16);
                    s4 = context.mma(q, context.mmaLoadB(tile, UNIT, key + 16 * PIECE), s4, MMAShape.M16N8K16);
                    s5 = context.mma(q, context.mmaLoadB(tile, UNIT, key + 20 * PIECE), s5, MMAShape.M16N8K16);
                    s6 = context.mma(q, context.mmaLoadB(tile, UNIT, key + 24 * PIECE), s6, MMAShape.M16N8K16);
                    s7 = context.mma(q, context.mmaLoadB(tile, UNIT, key + 28 * PIECE), s7, MMAShape.M16N8K16);
                }
                context.mmaStore(s0, sums, scoreRow, 0, POSITIONS);
                context.mmaStore(s1, sums, scoreRow, 8, POSITIONS);
                context.mmaStore(s2, sums, scoreRow, 16, POSITIONS);
                context.mmaStore(s3, sums, scoreRow, 24, POSITIONS);
                context.mmaStore(s4, sums, scoreRow, 32, POSITIONS);
                context.mmaStore(s5, sums, scoreRow, 40, POSITIONS);
                context.mmaStore(s6, sums, scoreRow, 48, POSITIONS);
                context.mmaStore(s7, sums, scoreRow, 56, POSITIONS);
                context.localBarrier();
                for (int j = 0; j < EIGHTS; j++) {
                    for (int i = 0; i < 2; i++) {
                        int position = start + 8 * j + column + i;
                        float score = ownScale * sums.get(scoresAt + 8 * j + i);
                        float lowScore = ownLowScale * sums.get(scoresAt + 8 * POSITIONS + 8 * j + i);
                        largest = TornadoMath.max(largest, AttentionTile.seen(score, position, ownFirst, ownEnd));
                        lowLargest = TornadoMath.max(
                                lowLargest, AttentionTile.seen(lowScore, position, ownLowFirst, ownLowEnd));
                    }
                }
                context.localBarrier();
            }
            parts[4 * row + lane % 4] = largest;
            parts[4 * lowRow + lane % 4] = lowLargest;
            context.localBarrier();
            for (int i = 0; i < 4; i++) {
                largest = TornadoMath.max(largest, parts[4 * row + i]);
                lowLargest = TornadoMath.max(lowLargest, parts[4 * lowRow + i]);
            }

            float total = 0;
            float lowTotal = 0;
            float[] o0 = context.mmaFragment(0f);
            float[] o1 = context.mmaFragment(0f);
            float[] o2 = context.mmaFragment(0f);
            float[] o3 = context.mmaFragment(0f);
            float[] o4 = context.mmaFragment(0f);
            float[] o5 = context.mmaFragment(0f);
            float[] o6 = context.mmaFragment(0f);
            float[] o7 = context.mmaFragment(0f);
            float[] o8 = context.mmaFragment(0f);
            float[] o9 = context.mmaFragment(0f);
            float[] o10 = context.mmaFragment(0f);
            float[] o11 = context.mmaFragment(0f);
            float[] o12 = context.mmaFragment(0f);
            float[] o13 = context.mmaFragment(0f);
            float[] o14 = context.mmaFragment(0f);
            float[] o15 = context.mmaFragment(0f);
            context.localBarrier();
            for (int start = first; start < end; start += POSITIONS) {
                for (int i = item; i < POSITIONS / 2 * units; i += GROUP) {
                    int pair = i % (POSITIONS / 2);
                    int unit = i / (POSITIONS / 2);
                    int lowAt = TornadoMath.min(start + 2 * pair, end - 1);
                    int low = KeyValues.row(
                            tables, layer, table, lowAt, kvHead, kvHeads, blockSize, blocksPerStep, words);
                    low += unit * WORDS;
                    int highAt = TornadoMath.min(start + 2 * pair + 1, end - 1);
                    int high = KeyValues.row(
                            tables, layer, table, highAt, kvHead, kvHeads, blockSize, blocksPerStep, words);
                    high += unit * WORDS;
                    int to = (unit * EIGHTS + pair / 4) * PIECE + pair % 4;
                    for (int j = 0; j < WORDS; j++) {
                        int lowWord = cache.get(low + j);
                        int highWord = cache.get(high + j);
                        tile[to + 8 * j] = (lowWord & 0xFFFF) | (highWord << 16);
                        tile[to + 8 * j + 4] = (lowWord >> 16 & 0xFFFF) | (highWord & 0xFFFF0000);
                    }
                }
                context.localBarrier();
                float[] s0 = context.mmaFragment(0f);
                float[] s1 = context.mmaFragment(0f);
                float[] s2 = context.mmaFragment(0f);
                float[] s3 = context.mmaFragment(0f);
                float[] s4 = context.mmaFragment(0f);
                float[] s5 = context.mmaFragment(0f);
                float[] s6 = context.mmaFragment(0f);
                float[] s7 = context.mmaFragment(0f);
                for (int unit = 0; unit < units; unit++) {
                    int key = 4 * unit * EIGHTS * PIECE;
                    HalfFloat[] q = context.mmaLoadA(queries, UNIT, 4 * (unit * ROWS + warpRow) * WORDS + swapped);
                    s0 = context.mma(q, context.mmaLoadB(tile, UNIT, key), s0, MMAShape.M16N8K16);
                    s1 = context.mma(q, context.mmaLoadB(tile, UNIT, key + 4 * PIECE), s1, MMAShape.M16N8K16);
                    s2 = context.mma(q, context.mmaLoadB(tile, UNIT, key + 8 * PIECE), s2, MMAShape.M16N8K16);
                    s3 = context.mma(q, context.mmaLoadB(tile, UNIT, key + 12 * PIECE), s3, MMAShape.M16N8K16);
                    s4 = context.mma(q, context.mmaLoadB(tile, UNIT, key + 16 * PIECE), s4, MMAShape.M16N8K16);
                    s5 = context.mma(q, context.mmaLoadB(tile, UNIT, key + 20 * PIECE), s5, MMAShape.M16N8K16);
                    s6 = context.mma(q, context.mmaLoadB(tile, UNIT, key + 24 * PIECE), s6, MMAShape.M16N8K16);
                    s7 = context.mma(q, context.mmaLoadB(tile, UNIT, key + 28 * PIECE), s7, MMAShape.M16N8K16);
                }
                context.mmaStore(s0, sums, scoreRow, 0, POSITIONS);
                context.mmaStore(s1, sums, scoreRow, 8, POSITIONS);
                context.mmaStore(s2, sums, scoreRow, 16, POSITIONS);
                context.mmaStore(s3, sums, scoreRow, 24, POSITIONS);
                context.mmaStore(s4, sums, scoreRow, 32, POSITIONS);
                context.mmaStore(s5, sums, scoreRow, 40, POSITIONS);
                context.mmaStore(s6, sums, scoreRow, 48, POSITIONS);
                context.mmaStore(s7, sums, scoreRow, 56, POSITIONS);
                context.localBarrier();
                for (int i = item; i < POSITIONS * (headSize / 8); i += GROUP) {
                    int position = i % POSITIONS;
                    int eight = i / POSITIONS;
                    int at = TornadoMath.min(start + position, end - 1);
                    int value =
                            KeyValues.row(tables, layer, table, at, kvHead, kvHeads, blockSize, blocksPerStep, words);
                    value += valuesAfter + 4 * eight;
                    int to = (position / UNIT * (headSize / 8) + eight) * PIECE + position % UNIT * 4;
                    for (int j = 0; j < 4; j++) {
                        tile[to + j] = cache.get(value + j);
                    }
                }
                for (int j = 0; j < EIGHTS; j++) {
                    int position = start + 8 * j + column;
                    int at = scoresAt + 8 * j;
                    float a = AttentionTile.weight(ownScale * sums.get(at), largest, position, ownFirst, ownEnd);
                    float b =
                            AttentionTile.weight(ownScale * sums.get(at + 1), largest, position + 1, ownFirst, ownEnd);
                    int low = at + 8 * POSITIONS;
                    float c = AttentionTile.weight(
                            ownLowScale * sums.get(low), lowLargest, position, ownLowFirst, ownLowEnd);
                    float d = AttentionTile.weight(
                            ownLowScale * sums.get(low + 1), lowLargest, position + 1, ownLowFirst, ownLowEnd);
                    total += a + b;
                    lowTotal += c + d;
                    int to = j / 2 * (ROWS * WORDS) + MmaSums.eights(row, j % 2) + lane % 4;
                    weights[to + row * WORDS] = HalfInputs.pair(a, b);
                    weights[to + lowRow * WORDS] = HalfInputs.pair(c, d);
                }
                context.localBarrier();
                for (int unit = 0; unit < POSITIONS / UNIT; unit++) {
                    int value = 4 * unit * (headSize / 8) * PIECE;
                    HalfFloat[] p = context.mmaLoadA(weights, UNIT, 4 * (unit * ROWS + warpRow) * WORDS + swapped);
                    o0 = context.mma(p, context.mmaLoadB(tile, UNIT, value), o0, MMAShape.M16N8K16);
                    o1 = context.mma(p, context.mmaLoadB(tile, UNIT, value + 4 * PIECE), o1, MMAShape.M16N8K16);
                    if (headSize > 16) {
                        o2 = context.mma(p, context.mmaLoadB(tile, UNIT, value + 8 * PIECE), o2, MMAShape.M16N8K16);
                        o3 = context.mma(p, context.mmaLoadB(tile, UNIT, value + 12 * PIECE), o3, MMAShape.M16N8K16);
                    }
                    if (headSize > 32) {
                        o4 = context.mma(p, context.mmaLoadB(tile, UNIT, value + 16 * PIECE), o4, MMAShape.M16N8K16);
                        o5 = context.mma(p, context.mmaLoadB(tile, UNIT, value + 20 * PIECE), o5, MMAShape.M16N8K16);
                    }
                    if (headSize > 48) {
                        o6 = context.mma(p, context.mmaLoadB(tile, UNIT, value + 24 * PIECE), o6, MMAShape.M16N8K16);
                        o7 = context.mma(p, context.mmaLoadB(tile, UNIT, value + 28 * PIECE), o7, MMAShape.M16N8K16);
                    }
                    if (headSize > 64) {
                        o8 = context.mma(p, context.mmaLoadB(tile, UNIT, value + 32 * PIECE), o8, MMAShape.M16N8K16);
                        o9 = context.mma(p, context.mmaLoadB(tile, UNIT, value + 36 * PIECE), o9, MMAShape.M16N8K16);
                    }
                    if (headSize > 80) {
                        o10 = context.mma(p, context.mmaLoadB(tile, UNIT, value + 40 * PIECE), o10, MMAShape.M16N8K16);
                        o11 = context.mma(p, context.mmaLoadB(tile, UNIT, value + 44 * PIECE), o11, MMAShape.M16N8K16);
                    }
                    if (headSize > 96) {
                        o12 = context.mma(p, context.mmaLoadB(tile, UNIT, value + 48 * PIECE), o12, MMAShape.M16N8K16);
                        o13 = context.mma(p, context.mmaLoadB(tile, UNIT, value + 52 * PIECE), o13, MMAShape.M16N8K16);
                    }
                    if (headSize > 112) {
                        o14 = context.mma(p, context.mmaLoadB(tile, UNIT, value + 56 * PIECE), o14, MMAShape.M16N8K16);
                        o15 = context.mma(p, context.mmaLoadB(tile, UNIT, value + 60 * PIECE), o15, MMAShape.M16N8K16);
                    }
                }
                context.localBarrier();
            }
            parts[4 * row + lane % 4] = total;
            parts[4 * lowRow + lane % 4] = lowTotal;
            context.mmaStore(o0, sums, outRow, 0, headSize);
            context.mmaStore(o1, sums, outRow, 8, headSize);
            if (headSize > 16) {
                context.mmaStore(o2, sums, outRow, 16, headSize);
                context.mmaStore(o3, sums, outRow, 24, headSize);
            }
            if (headSize > 32) {
                context.mmaStore(o4, sums, outRow, 32, headSize);
                context.mmaStore(o5, sums, outRow, 40, headSize);
            }
            if (headSize > 48) {
                context.mmaStore(o6, sums, outRow, 48, headSize);
                context.mmaStore(o7, sums, outRow, 56, headSize);
            }
            if (headSize > 64) {
                context.mmaStore(o8, sums, outRow, 64, headSize);
                context.mmaStore(o9, sums, outRow, 72, headSize);
            }
            if (headSize > 80) {
                context.mmaStore(o10, sums, outRow, 80, headSize);
                context.mmaStore(o11, sums, outRow, 88, headSize);
            }
            if (headSize > 96) {
                context.mmaStore(o12, sums, outRow, 96, headSize);
                context.mmaStore(o13, sums, outRow, 104, headSize);
            }
            if (headSize > 112) {
                context.mmaStore(o14, sums, outRow, 112, headSize);
                context.mmaStore(o15, sums, outRow, 120, headSize);
            }
            context.localBarrier();
            float all = 0;
            float lowAll = 0;
            for (int i = 0; i < 4; i++) {
                all += parts[4 * row + i];
                lowAll += parts[4 * lowRow + i];
            }
            int sumsAt = (outRow + lane / 4) * headSize + column;
            if (row < count * groupSize) {
                AttentionTile.put(
                        out,
                        sums,
                        sumsAt,
                        headSize,
                        all,
                        AttentionTile.target(firstToken, row, heads, groupSize, kvHead, headSize) + column);
            }
            if (lowRow < count * groupSize) {
                int to = AttentionTile.target(firstToken, lowRow, heads, groupSize, kvHead, headSize) + column;
                AttentionTile.put(out, sums, sumsAt + 8 * headSize, headSize, lowAll, to);
            }
            context.localBarrier();
        }
        context.localBarrier();
    }
}
