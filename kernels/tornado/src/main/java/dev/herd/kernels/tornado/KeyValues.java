package dev.herd.kernels.tornado;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.WorkerGrid;
import uk.ac.manchester.tornado.api.math.TornadoMath;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * The paged cache of keys and values: how a head lies in it, and the kernel that prepares queries and keys and writes.
 *
 * <p>A head of a token is {@code headWords} words: floats, pairs of halves or Q8_0 groups of {@link DeviceFormat}. One array per
 * layer of a block holds {@code [blocks, 2, kvHeads, blockSize, headWords]}.
 */
public final class KeyValues {
    /** Queries are scaled by the temperature; nothing turns. */
    public static final int GLOBAL = 0;

    /** Queries and keys are rotated. */
    public static final int LOCAL = 1;

    /** Queries and keys are rotated and then normalised. */
    public static final int LOCAL_NORMED = 2;

    private static final int GROUP = 64;
    private static final int QUANT = 32;
    private static final int QUANT_WORDS = 9;

    private KeyValues() {}

    /** Words of one head of one token. */
    public static int headWords(int format, int headSize) {
        if (format == Weights.F32) {
            return headSize;
        }
        return format == Weights.F16 ? headSize / 2 : headSize / QUANT * QUANT_WORDS;
    }

    /** The grid of {@link #place} for up to {@code tokens} tokens: a group for every head of every token. */
    public static WorkerGrid grid(int heads, int kvHeads, int tokens) {
        return Grids.groups(heads + kvHeads, tokens, GROUP);
    }

    /**
     * Makes queries and keys ready for attention and stores keys and values: LOCAL layers rotate adjacent pairs of both
     * and, if the model does, normalise each head; GLOBAL ones multiply queries by the temperature. Reads and writes each
     * head once.
     *
     * <p>Twins: {@code ScalarKernels.rope}, {@code qkNorm}, {@code scaleRows}, {@code storeKeyValue}.
     *
     * @param query {@code [tokens, heads, headSize]}, changed in place
     * @param key {@code [tokens, kvHeads, headSize]}, left as it is
     * @param value the same shape
     * @param rotations {@code [tokens, headSize]}: cosine and sine of every pair's angle
     * @param factors {@code [tokens]}
     * @param cache see above
     * @param blocksPerStep blocks that {@code blockSize} tokens take in layers of this kind
     * @param kind {@link #GLOBAL}, {@link #LOCAL} or {@link #LOCAL_NORMED}
     * @param format of the cache: F32, F16 or Q8_0
     */
    public static void place(
            KernelContext context,
            IntArray step,
            IntArray places,
            IntArray tables,
            IntArray layer,
            FloatArray query,
            FloatArray key,
            FloatArray value,
            FloatArray rotations,
            FloatArray factors,
            IntArray cache,
            int heads,
            int kvHeads,
            int headSize,
            int blockSize,
            int blocksPerStep,
            int kind,
            float epsilon,
            int format) {
        float[] head = context.allocateFloatLocalArray(headSize);
        float[] sums = context.allocateFloatLocalArray(GROUP);
        int item = context.localIdx;
        int token = context.groupIdy;
        int kvHead = context.groupIdx - heads;
        if (token < step.get(Step.TOKENS)) {
            int from =
                    kvHead < 0 ? (token * heads + context.groupIdx) * headSize : (token * kvHeads + kvHead) * headSize;
            float squares = 0;
            for (int i = 2 * item; i < headSize; i += 2 * GROUP) {
                float a = kvHead < 0 ? query.get(from + i) : key.get(from + i);
                float b = kvHead < 0 ? query.get(from + i + 1) : key.get(from + i + 1);
                if (kind != GLOBAL) {
                    float cosine = rotations.get(token * headSize + i);
                    float sine = rotations.get(token * headSize + i + 1);
                    float turned = a * cosine - b * sine;
                    b = a * sine + b * cosine;
                    a = turned;
                }
                head[i] = a;
                head[i + 1] = b;
                squares += a * a + b * b;
            }
            sums[item] = squares;
            context.localBarrier();
            float scale = 1;
            if (kind == LOCAL_NORMED) {
                float total = 0;
                for (int i = 0; i < GROUP; i++) {
                    total += sums[i];
                }
                scale = 1 / TornadoMath.sqrt(total / headSize + epsilon);
            }
            if (kvHead < 0) {
                float factor = kind == GLOBAL ? factors.get(token) : scale;
                for (int i = 2 * item; i < headSize; i += 2 * GROUP) {
                    query.set(from + i, head[i] * factor);
                    query.set(from + i + 1, head[i + 1] * factor);
                }
            } else {
                int words = headWords(format, headSize);
                int keys = row(
                        places,
                        tables,
                        layer,
                        token * Step.PLACE,
                        kvHead,
                        kvHeads,
                        blockSize,
                        blocksPerStep,
                        kind,
                        words);
                int values = keys + kvHeads * blockSize * words;
                if (format == Weights.F32) {
                    for (int i = item; i < headSize; i += GROUP) {
                        cache.set(keys + i, Bits.toSingle(head[i] * scale));
                        cache.set(values + i, Bits.toSingle(value.get(from + i)));
                    }
                }
                if (format == Weights.F16) {
                    for (int i = item; i < words; i += GROUP) {
                        int low = Bits.toHalf(head[2 * i] * scale);
                        cache.set(keys + i, low | (Bits.toHalf(head[2 * i + 1] * scale) << 16));
                        int lowValue = Bits.toHalf(value.get(from + 2 * i));
                        cache.set(values + i, lowValue | (Bits.toHalf(value.get(from + 2 * i + 1)) << 16));
                    }
                }
                if (format == Weights.Q8_0) {
                    for (int group = item; group < headSize / QUANT; group += GROUP) {
                        float largest = 0;
                        float largestValue = 0;
                        for (int i = group * QUANT; i < group * QUANT + QUANT; i++) {
                            largest = TornadoMath.max(largest, TornadoMath.abs(head[i] * scale));
                            largestValue = TornadoMath.max(largestValue, TornadoMath.abs(value.get(from + i)));
                        }
                        int bits = Bits.toHalf(largest / 127);
                        int valueBits = Bits.toHalf(largestValue / 127);
                        float perLevel = levelsPer(Bits.half(bits));
                        float perValueLevel = levelsPer(Bits.half(valueBits));
                        int at = group * QUANT_WORDS;
                        cache.set(keys + at, bits);
                        cache.set(values + at, valueBits);
                        for (int word = 0; word < QUANT / 4; word++) {
                            int levels = 0;
                            int valueLevels = 0;
                            for (int b = 0; b < 4; b++) {
                                int i = group * QUANT + 4 * word + b;
                                levels |= level(head[i] * scale, perLevel) << (8 * b);
                                valueLevels |= level(value.get(from + i), perValueLevel) << (8 * b);
                            }
                            cache.set(keys + at + 1 + word, levels);
                            cache.set(values + at + 1 + word, valueLevels);
                        }
                    }
                }
            }
            context.localBarrier();
        }
    }

    /** What an element is multiplied by to count levels of {@code scale}; 0 for a group of zeros. */
    private static float levelsPer(float scale) {
        return scale == 0 ? 0 : 1 / scale;
    }

    /** The nearest of 255 levels, as a byte. */
    private static int level(float value, float levelsPer) {
        float ratio = TornadoMath.min(127f, TornadoMath.max(-127f, value * levelsPer));
        int level = (int) (ratio + 127.5f) - 127; // of a number that is not negative, so that it is rounded down
        return level & 255;
    }

    /** The first word of the key at the token's own position. */
    private static int row(
            IntArray places,
            IntArray tables,
            IntArray layer,
            int place,
            int kvHead,
            int kvHeads,
            int blockSize,
            int blocksPerStep,
            int kind,
            int words) {
        int position = places.get(place + Step.POSITION);
        int table = kind == GLOBAL ? places.get(place + Step.GLOBAL_TABLE) : places.get(place + Step.LOCAL_TABLE);
        return row(tables, layer, table, position, kvHead, kvHeads, blockSize, blocksPerStep, words);
    }

    /**
     * The first word of a key; its value is {@code kvHeads * blockSize * headWords} further.
     *
     * @param table where the sequence's block ids start
     */
    static int row(
            IntArray tables,
            IntArray layer,
            int table,
            int position,
            int kvHead,
            int kvHeads,
            int blockSize,
            int blocksPerStep,
            int words) {
        int block = tables.get(table + position / blockSize * blocksPerStep + layer.get(0));
        return ((block * 2 * kvHeads + kvHead) * blockSize + position % blockSize) * words;
    }
}
