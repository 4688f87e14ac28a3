package dev.herd.kernels.tornado;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.WorkerGrid;
import uk.ac.manchester.tornado.api.enums.MMAShape;
import uk.ac.manchester.tornado.api.math.TornadoMath;
import uk.ac.manchester.tornado.api.types.HalfFloat;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * Attention of the vision encoder on matrix units, for devices that have them ({@link Capabilities#hasMma}): what
 * {@link Vision#attend} is elsewhere.
 *
 * <p>A group of four warps handles 64 rows of a tile and one head, of which every warp has 16 rows. It goes through all rows of the
 * tile twice, 64 at a time, in the two passes of {@link MmaAttention}. Queries, keys, values and weights are rounded to halves,
 * sums are floats.
 *
 * <p>Traffic is keys twice and values once per 64 rows, from the cache for all but the first of a tile, queries and result once;
 * scores pass twice through 16 KB of global memory of the group's own. Local memory is 35 KB with a head size of 88.
 */
public final class MmaVision {
    /*
     * Local memory is that of MmaAttention, but for banks: what a warp writes at once meets half of them. An item brings four neighbouring elements at a time: of keys those of two rows, four
     * items to the 16 of a piece; of values those of one row. Heads that are no multiple of 16 end within a piece: queries are
     * zeros there, and keys some others; what values are there makes sums that nobody reads.
     */
    private static final int ROWS = AttentionTile.ROWS;

    /** Rows of keys and values of a round. */
    private static final int POSITIONS = AttentionTile.POSITIONS;

    private static final int GROUP = 128; // items
    private static final int WARP = 32;
    private static final int UNIT = Weights.UNIT;
    private static final int WORDS = UNIT / 2; // of a unit's halves
    private static final int EIGHTS = POSITIONS / 8;

    /** Words from one piece of keys or values to the next. */
    private static final int PIECE = 68;

    private MmaVision() {}

    /** Whether heads of that size are attended to here. */
    public static boolean takes(int headSize) {
        return headSize % 8 == 0 && headSize <= AttentionTile.MOST_ELEMENTS;
    }

    /** Groups along the rows; each handles every so many-th 64 of a tile. */
    static int strands(int heads, int maxTiles, int tileRows) {
        return AttentionTile.strands(heads, maxTiles * Math.ceilDiv(tileRows, ROWS));
    }

    /** Elements of {@code sums}. */
    static long sums(int heads, int headSize, int strands) {
        return AttentionTile.sums(heads, (headSize + UNIT - 1) / UNIT * UNIT, strands);
    }

    /** The grid of {@link #attend} for up to {@code tiles} tiles. */
    public static WorkerGrid grid(int heads, int tiles, int tileRows, int strands) {
        return Grids.groups(heads, Math.min(tiles * Math.ceilDiv(tileRows, ROWS), strands), GROUP);
    }

    /**
     * Attention of every row over all rows of its tile.
     *
     * <p>Twin: {@code PlainKernels.attendHead}.
     *
     * @param step the number of rows, whole tiles, is at {@link Step#TILE_ROWS}
     * @param out {@code [rows, heads, headSize]}
     * @param sums scratch memory of {@link #sums} elements
     * @param query the shape of out
     * @param key the same shape
     * @param value the same shape
     * @param tileRows rows of a tile
     * @param strands what the second dimension of the grid is, at most
     */
    public static void attend(
            KernelContext context,
            IntArray step,
            FloatArray out,
            FloatArray sums,
            FloatArray query,
            FloatArray key,
            FloatArray value,
            int heads,
            int headSize,
            int tileRows,
            int strands) {
        int units = (headSize + UNIT - 1) / UNIT;
        int[] queries = context.allocateIntLocalArray(ROWS * ((headSize + UNIT - 1) / UNIT * WORDS));
        int[] tile = context.allocateIntLocalArray((headSize + UNIT - 1) / UNIT * EIGHTS * PIECE);
        int[] weights = context.allocateIntLocalArray(ROWS * (POSITIONS / 2));
        float[] parts = context.allocateFloatLocalArray(4 * ROWS);
        float[] scales = context.allocateFloatLocalArray(ROWS);
        int stride = units * UNIT; // of sums: matrix units write whole pieces
        int size = heads * headSize;
        int item = context.localIdx;
        int lane = item % WARP;
        int warpRow = item / WARP * 16;
        int swapped = MmaSums.swapped(lane);
        int row = warpRow + lane / 4; // this item's, and the one eight further
        int lowRow = row + 8;
        int column = 2 * (lane % 4); // of eight, and the next
        int head = context.groupIdx * headSize;
        int group = context.groupIdy * heads + context.groupIdx;
        int outRow = group * ROWS + warpRow;
        int scoreRow = strands * heads * stride + outRow; // of rows of POSITIONS, behind all sums
        int scoresAt = (scoreRow + lane / 4) * POSITIONS + column;
        int perTile = (tileRows + ROWS - 1) / ROWS;
        int blocks = step.get(Step.TILE_ROWS) / tileRows * perTile;
        for (int block = context.groupIdy; block < blocks; block += strands) {
            int first = block / perTile * tileRows; // of the tile
            int from = block % perTile * ROWS; // of the group, in the tile

            // Two items bring a query to halves, divided by a power of two of its own.
            int brought = item / 2;
            int queryAt = (first + TornadoMath.min(from + brought, tileRows - 1)) * size + head;
            int half = item % 2 * (units * WORDS);
            float greatest = 0;
            for (int i = 0; i < units * WORDS; i++) {
                if (half + i < headSize) {
                    greatest = TornadoMath.max(greatest, TornadoMath.abs(query.get(queryAt + half + i)));
                }
            }
            parts[item] = greatest;
            context.localBarrier();
            float scale = HalfInputs.scale(TornadoMath.max(parts[2 * brought], parts[2 * brought + 1]));
            float factor = 1 / scale;
            if (item % 2 == 0) {
                scales[brought] = scale / TornadoMath.sqrt(headSize);
            }
            for (int i = 0; i < units * WORDS / 2; i++) {
                int element = half + 2 * i;
                int pair = 0;
                if (element < headSize) {
                    pair = HalfInputs.pair(
                            query.get(queryAt + element) * factor, query.get(queryAt + element + 1) * factor);
                }
                int to = element / UNIT * (ROWS * WORDS) + brought * WORDS;
                queries[to + (element % UNIT / 2 ^ (brought & 4))] = pair;
            }

            float largest = AttentionTile.LOWEST;
            float lowLargest = AttentionTile.LOWEST;
            context.localBarrier();
            float ownScale = scales[row];
            float ownLowScale = scales[lowRow];
            for (int start = 0; start < tileRows; start += POSITIONS) {
                int low = (first + TornadoMath.min(start + item / 4 * 2, tileRows - 1)) * size + head;
                int high = (first + TornadoMath.min(start + item / 4 * 2 + 1, tileRows - 1)) * size + head;
                for (int unit = 0; unit < units; unit++) {
                    int four = 4 * TornadoMath.min(4 * unit + item % 4, headSize / 4 - 1);
                    float low0 = key.get(low + four);
                    float low1 = key.get(low + four + 1);
                    float low2 = key.get(low + four + 2);
                    float low3 = key.get(low + four + 3);
                    float high0 = key.get(high + four);
                    float high1 = key.get(high + four + 1);
                    float high2 = key.get(high + four + 2);
                    float high3 = key.get(high + four + 3);
                    int to = (unit * EIGHTS + item / 16) * PIECE + item / 4 % 4 + item % 4 * 16;
                    tile[to] = AttentionTile.pair(low0, high0);
                    tile[to + 4] = AttentionTile.pair(low1, high1);
                    tile[to + 8] = AttentionTile.pair(low2, high2);
                    tile[to + 12] = AttentionTile.pair(low3, high3);
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
                    int at = 4 * unit * EIGHTS * PIECE;
                    HalfFloat[] q = context.mmaLoadA(queries, UNIT, 4 * (unit * ROWS + warpRow) * WORDS + swapped);
                    s0 = context.mma(q, context.mmaLoadB(tile, UNIT, at), s0, MMAShape.M16N8K16);
                    s1 = context.mma(q, context.mmaLoadB(tile, UNIT, at + 4 * PIECE), s1, MMAShape.M16N8K16);
                    s2 = context.mma(q, context.mmaLoadB(tile, UNIT, at + 8 * PIECE), s2, MMAShape.M16N8K16);
                    s3 = context.mma(q, context.mmaLoadB(tile, UNIT, at + 12 * PIECE), s3, MMAShape.M16N8K16);
                    s4 = context.mma(q, context.mmaLoadB(tile, UNIT, at + 16 * PIECE), s4, MMAShape.M16N8K16);
                    s5 = context.mma(q, context.mmaLoadB(tile, UNIT, at + 20 * PIECE), s5, MMAShape.M16N8K16);
                    s6 = context.mma(q, context.mmaLoadB(tile, UNIT, at + 24 * PIECE), s6, MMAShape.M16N8K16);
                    s7 = context.mma(q, context.mmaLoadB(tile, UNIT, at + 28 * PIECE), s7, MMAShape.M16N8K16);
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
                        largest = TornadoMath.max(largest, AttentionTile.seen(score, position, 0, tileRows));
                        lowLargest = TornadoMath.max(lowLargest, AttentionTile.seen(lowScore, position, 0, tileRows));
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
            for (int start = 0; start < tileRows; start += POSITIONS) {
                int low = (first + TornadoMath.min(start + item / 4 * 2, tileRows - 1)) * size + head;
                int high = (first + TornadoMath.min(start + item / 4 * 2 + 1, tileRows - 1)) * size + head;
                for (int unit = 0; unit < units; unit++) {
                    int four = 4 * TornadoMath.min(4 * unit + item % 4, headSize / 4 - 1);
                    float low0 = key.get(low + four);
                    float low1 = key.get(low + four + 1);
                    float low2 = key.get(low + four + 2);
                    float low3 = key.get(low + four + 3);
                    float high0 = key.get(high + four);
                    float high1 = key.get(high + four + 1);
                    float high2 = key.get(high + four + 2);
                    float high3 = key.get(high + four + 3);
                    int to = (unit * EIGHTS + item / 16) * PIECE + item / 4 % 4 + item % 4 * 16;
                    tile[to] = AttentionTile.pair(low0, high0);
                    tile[to + 4] = AttentionTile.pair(low1, high1);
                    tile[to + 8] = AttentionTile.pair(low2, high2);
                    tile[to + 12] = AttentionTile.pair(low3, high3);
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
                    int at = 4 * unit * EIGHTS * PIECE;
                    HalfFloat[] q = context.mmaLoadA(queries, UNIT, 4 * (unit * ROWS + warpRow) * WORDS + swapped);
                    s0 = context.mma(q, context.mmaLoadB(tile, UNIT, at), s0, MMAShape.M16N8K16);
                    s1 = context.mma(q, context.mmaLoadB(tile, UNIT, at + 4 * PIECE), s1, MMAShape.M16N8K16);
                    s2 = context.mma(q, context.mmaLoadB(tile, UNIT, at + 8 * PIECE), s2, MMAShape.M16N8K16);
                    s3 = context.mma(q, context.mmaLoadB(tile, UNIT, at + 12 * PIECE), s3, MMAShape.M16N8K16);
                    s4 = context.mma(q, context.mmaLoadB(tile, UNIT, at + 16 * PIECE), s4, MMAShape.M16N8K16);
                    s5 = context.mma(q, context.mmaLoadB(tile, UNIT, at + 20 * PIECE), s5, MMAShape.M16N8K16);
                    s6 = context.mma(q, context.mmaLoadB(tile, UNIT, at + 24 * PIECE), s6, MMAShape.M16N8K16);
                    s7 = context.mma(q, context.mmaLoadB(tile, UNIT, at + 28 * PIECE), s7, MMAShape.M16N8K16);
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
                for (int i = item; i < POSITIONS * (headSize / 4); i += GROUP) {
                    int position = i / (headSize / 4);
                    int four = i % (headSize / 4);
                    int at = (first + TornadoMath.min(start + position, tileRows - 1)) * size + head + 4 * four;
                    float a = value.get(at);
                    float b = value.get(at + 1);
                    float c = value.get(at + 2);
                    float d = value.get(at + 3);
                    int to = (position / UNIT * (2 * units) + four / 2) * PIECE + position % UNIT * 4 + four % 2 * 2;
                    tile[to] = AttentionTile.pair(a, b);
                    tile[to + 1] = AttentionTile.pair(c, d);
                }
                for (int j = 0; j < EIGHTS; j++) {
                    int position = start + 8 * j + column;
                    int at = scoresAt + 8 * j;
                    int lowAt = at + 8 * POSITIONS;
                    float a = AttentionTile.weight(ownScale * sums.get(at), largest, position, 0, tileRows);
                    float b = AttentionTile.weight(ownScale * sums.get(at + 1), largest, position + 1, 0, tileRows);
                    float c = AttentionTile.weight(ownLowScale * sums.get(lowAt), lowLargest, position, 0, tileRows);
                    float d = AttentionTile.weight(
                            ownLowScale * sums.get(lowAt + 1), lowLargest, position + 1, 0, tileRows);
                    total += a + b;
                    lowTotal += c + d;
                    int to = j / 2 * (ROWS * WORDS) + MmaSums.eights(row, j % 2) + lane % 4;
                    weights[to + row * WORDS] = HalfInputs.pair(a, b);
                    weights[to + lowRow * WORDS] = HalfInputs.pair(c, d);
                }
                context.localBarrier();
                for (int unit = 0; unit < POSITIONS / UNIT; unit++) {
                    int at = 4 * unit * (2 * units) * PIECE;
                    HalfFloat[] p = context.mmaLoadA(weights, UNIT, 4 * (unit * ROWS + warpRow) * WORDS + swapped);
                    o0 = context.mma(p, context.mmaLoadB(tile, UNIT, at), o0, MMAShape.M16N8K16);
                    o1 = context.mma(p, context.mmaLoadB(tile, UNIT, at + 4 * PIECE), o1, MMAShape.M16N8K16);
                    if (units > 1) {
                        o2 = context.mma(p, context.mmaLoadB(tile, UNIT, at + 8 * PIECE), o2, MMAShape.M16N8K16);
                        o3 = context.mma(p, context.mmaLoadB(tile, UNIT, at + 12 * PIECE), o3, MMAShape.M16N8K16);
                    }
                    if (units > 2) {
                        o4 = context.mma(p, context.mmaLoadB(tile, UNIT, at + 16 * PIECE), o4, MMAShape.M16N8K16);
                        o5 = context.mma(p, context.mmaLoadB(tile, UNIT, at + 20 * PIECE), o5, MMAShape.M16N8K16);
                    }
                    if (units > 3) {
                        o6 = context.mma(p, context.mmaLoadB(tile, UNIT, at + 24 * PIECE), o6, MMAShape.M16N8K16);
                        o7 = context.mma(p, context.mmaLoadB(tile, UNIT, at + 28 * PIECE), o7, MMAShape.M16N8K16);
                    }
                    if (units > 4) {
                        o8 = context.mma(p, context.mmaLoadB(tile, UNIT, at + 32 * PIECE), o8, MMAShape.M16N8K16);
                        o9 = context.mma(p, context.mmaLoadB(tile, UNIT, at + 36 * PIECE), o9, MMAShape.M16N8K16);
                    }
                    if (units > 5) {
                        o10 = context.mma(p, context.mmaLoadB(tile, UNIT, at + 40 * PIECE), o10, MMAShape.M16N8K16);
                        o11 = context.mma(p, context.mmaLoadB(tile, UNIT, at + 44 * PIECE), o11, MMAShape.M16N8K16);
                    }
                    if (units > 6) {
                        o12 = context.mma(p, context.mmaLoadB(tile, UNIT, at + 48 * PIECE), o12, MMAShape.M16N8K16);
                        o13 = context.mma(p, context.mmaLoadB(tile, UNIT, at + 52 * PIECE), o13, MMAShape.M16N8K16);
                    }
                    if (units > 7) {
                        o14 = context.mma(p, context.mmaLoadB(tile, UNIT, at + 56 * PIECE), o14, MMAShape.M16N8K16);
                        o15 = context.mma(p, context.mmaLoadB(tile, UNIT, at + 60 * PIECE), o15, MMAShape.M16N8K16);
                    }
                }
                context.localBarrier();
            }
            parts[4 * row + lane % 4] = total;
            parts[4 * lowRow + lane % 4] = lowTotal;
            context.mmaStore(o0, sums, outRow, 0, stride);
            context.mmaStore(o1, sums, outRow, 8, stride);
            if (units > 1) {
                context.mmaStore(o2, sums, outRow, 16, stride);
                context.mmaStore(o3, sums, outRow, 24, stride);
            }
            if (units > 2) {
                context.mmaStore(o4, sums, outRow, 32, stride);
                context.mmaStore(o5, sums, outRow, 40, stride);
            }
            if (units > 3) {
                context.mmaStore(o6, sums, outRow, 48, stride);
                context.mmaStore(o7, sums, outRow, 56, stride);
            }
            if (units > 4) {
                context.mmaStore(o8, sums, outRow, 64, stride);
                context.mmaStore(o9, sums, outRow, 72, stride);
            }
            if (units > 5) {
                context.mmaStore(o10, sums, outRow, 80, stride);
                context.mmaStore(o11, sums, outRow, 88, stride);
            }
            if (units > 6) {
                context.mmaStore(o12, sums, outRow, 96, stride);
                context.mmaStore(o13, sums, outRow, 104, stride);
            }
            if (units > 7) {
                context.mmaStore(o14, sums, outRow, 112, stride);
                context.mmaStore(o15, sums, outRow, 120, stride);
            }
            context.localBarrier();
            float all = 0;
            float lowAll = 0;
            for (int i = 0; i < 4; i++) {
                all += parts[4 * row + i];
                lowAll += parts[4 * lowRow + i];
            }
            int sumsAt = (outRow + lane / 4) * stride + column;
            int target = (first + from + row) * size + head + column;
            if (from + row < tileRows) {
                AttentionTile.put(out, sums, sumsAt, headSize, all, target);
            }
            if (from + lowRow < tileRows) {
                AttentionTile.put(out, sums, sumsAt + 8 * stride, headSize, lowAll, target + 8 * size);
            }
            context.localBarrier();
        }
        context.localBarrier();
    }
}
