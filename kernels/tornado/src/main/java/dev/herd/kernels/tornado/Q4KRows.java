package dev.herd.kernels.tornado;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.math.TornadoMath;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * The sums of {@link MatVec} for Q4_K, in which decoding the scales would cost more than the products: a slice of 2048 columns
 * begins with local memory being given the inputs, their sums by 16 columns, and scales and offsets of all rows, of which each
 * item decodes four of its own row. Then an item takes every 16th piece of four words of its row: the low halves of their bytes
 * are one unit of 16 columns, the high ones the second next.
 */
final class Q4KRows {
    private static final int UNIT = Weights.UNIT;
    private static final int LANES = MatVec.LANES;

    /** Columns that share a scale. */
    private static final int RUN = 32;

    private static final int GROUP_COLUMNS = 256;
    private static final int GROUP_WORDS = 36;
    private static final int SLICE = LANES / 2 * GROUP_COLUMNS;
    private static final int RUNS = SLICE / RUN;

    /** Floats from one unit to the next in local memory: its 16 and their sum, an odd number against bank conflicts. */
    private static final int STRIDE = UNIT + 1;

    private Q4KRows() {}

    /** See {@link MatVec#laneSum}. */
    static float laneSum(KernelContext context, IntArray w, int row, FloatArray x, int from, int columns) {
        float[] slice = context.allocateFloatLocalArray(SLICE / UNIT * STRIDE);
        float[] scales = context.allocateFloatLocalArray(MatVec.ROWS * RUNS);
        float[] offsets = context.allocateFloatLocalArray(MatVec.ROWS * RUNS);
        int item = context.localIdx;
        int lane = item % LANES;
        int runs = item / LANES * RUNS;
        float sum = 0;
        for (int start = 0; start < columns; start += SLICE) {
            int size = TornadoMath.min(SLICE, columns - start);
            int group = row + start / GROUP_COLUMNS * GROUP_WORDS;
            for (int i = item; i < size; i += MatVec.GROUP) {
                slice[i + (i >> 4)] = x.get(from + start + i);
            }
            if (row >= 0) {
                if (lane * 4 * RUN < size) {
                    int header = group + lane / 2 * GROUP_WORDS;
                    float scale = Bits.half(w.get(header));
                    float offset = Bits.half(w.get(header) >> 16);
                    for (int i = 0; i < 4; i++) {
                        int run = 4 * (lane & 1) + i;
                        scales[runs + 4 * lane + i] = scale * Weights.sixBitScale(w, header + 1, run, 0);
                        offsets[runs + 4 * lane + i] = offset * Weights.sixBitScale(w, header + 1, run, 1);
                    }
                }
            }
            context.localBarrier();
            for (int unit = item; unit * UNIT < size; unit += MatVec.GROUP) {
                float total = 0;
                for (int i = 0; i < UNIT; i++) {
                    total += slice[unit * STRIDE + i];
                }
                slice[unit * STRIDE + UNIT] = total;
            }
            context.localBarrier();
            if (row >= 0) {
                for (int piece = lane; piece * RUN < size; piece += LANES) {
                    int words = group + (piece >> 3) * GROUP_WORDS + 4 + 4 * (piece & 7);
                    int low = (4 * (piece >> 1) + (piece & 1)) * STRIDE;
                    int high = low + 2 * STRIDE;
                    // Bytes of a word are multiplied where they are, which spares shifting most of them.
                    float a0 = 0;
                    float a1 = 0;
                    float a2 = 0;
                    float a3 = 0;
                    float b0 = 0;
                    float b1 = 0;
                    float b2 = 0;
                    float b3 = 0;
                    for (int i = 0; i < 4; i++) {
                        int levels = w.get(words + i);
                        int next = levels >> 4;
                        a0 += (levels & 0xF) * slice[low + 4 * i];
                        a1 += (levels & 0xF00) * slice[low + 4 * i + 1];
                        a2 += (levels & 0xF0000) * slice[low + 4 * i + 2];
                        a3 += (levels & 0xF000000) * slice[low + 4 * i + 3];
                        b0 += (next & 0xF) * slice[high + 4 * i];
                        b1 += (next & 0xF00) * slice[high + 4 * i + 1];
                        b2 += (next & 0xF0000) * slice[high + 4 * i + 2];
                        b3 += (next & 0xF000000) * slice[high + 4 * i + 3];
                    }
                    float a = a0 + a1 * 0x1p-8f + a2 * 0x1p-16f + a3 * 0x1p-24f;
                    float b = b0 + b1 * 0x1p-8f + b2 * 0x1p-16f + b3 * 0x1p-24f;
                    int run = runs + (piece >> 1) * 2;
                    sum += scales[run] * a - offsets[run] * slice[low + UNIT];
                    sum += scales[run + 1] * b - offsets[run + 1] * slice[high + UNIT];
                }
            }
            context.localBarrier();
        }
        return sum;
    }
}
