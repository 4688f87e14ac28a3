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
        if (token < step.get(Step.TOKENS)) {
            if (context.groupIdx < heads) {
                int from = (token * heads + context.groupIdx) * headSize;
                turn(context, head, sums, query, from, rotations, token * headSize, headSize, kind, epsilon, item);
                float factor = kind == GLOBAL ? factors.get(token) : 1;
                for (int i = 2 * item; i < headSize; i += 2 * GROUP) {
                    query.set(from + i, head[i] * factor);
                    query.set(from + i + 1, head[i + 1] * factor);
                }
            } else {
                int kvHead = context.groupIdx - heads;
                int from = (token * kvHeads + kvHead) * headSize;
                turn(context, head, sums, key, from, rotations, token * headSize, headSize, kind, epsilon, item);
                int place = token * Step.PLACE;
                int words = headWords(format, headSize);
                int keys = row(places, tables, layer, place, places.get(place + Step.POSITION), kvHead, kvHeads,
                        blockSize, blocksPerStep, kind, words);
                store(cache, keys, head, headSize, format, item);
                context.localBarrier();
                for (int i = item; i < headSize; i += GROUP) {
                    head[i] = value.get(from + i);
                }
                context.localBarrier();
                store(cache, keys + kvHeads * blockSize * words, head, headSize, format, item);
            }
        }
    }

    /** Copies a head to local memory, rotated and normalised as the layer's kind wants it. */
    private static void turn(
            KernelContext context,
            float[] head,
            float[] sums,
            FloatArray x,
            int from,
            FloatArray rotations,
            int angles,
            int headSize,
            int kind,
            float epsilon,
            int item) {
        float squares = 0;
        for (int i = 2 * item; i < headSize; i += 2 * GROUP) {
            float a = x.get(from + i);
            float b = x.get(from + i + 1);
            if (kind != GLOBAL) {
                float cosine = rotations.get(angles + i);
                float sine = rotations.get(angles + i + 1);
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
        if (kind == LOCAL_NORMED) {
            float total = 0;
            for (int i = 0; i < GROUP; i++) {
                total += sums[i];
            }
            float scale = 1 / TornadoMath.sqrt(total / headSize + epsilon);
            for (int i = 2 * item; i < headSize; i += 2 * GROUP) {
                head[i] = head[i] * scale;
                head[i + 1] = head[i + 1] * scale;
            }
            context.localBarrier();
        }
    }

    /** The first word of a key; its value is {@code kvHeads * blockSize * headWords} further. */
    static int row(
            IntArray places,
            IntArray tables,
            IntArray layer,
            int place,
            int position,
            int kvHead,
            int kvHeads,
            int blockSize,
            int blocksPerStep,
            int kind,
            int words) {
        int table = kind == GLOBAL ? places.get(place + Step.GLOBAL_TABLE) : places.get(place + Step.LOCAL_TABLE);
        int block = tables.get(table + position / blockSize * blocksPerStep + layer.get(0));
        return ((block * 2 * kvHeads + kvHead) * blockSize + position % blockSize) * words;
    }

    /** Writes a head: a pair of halves or a group of 32 per item. */
    private static void store(IntArray cache, int row, float[] head, int headSize, int format, int item) {
        if (format == Weights.F32) {
            for (int i = item; i < headSize; i += GROUP) {
                cache.set(row + i, Bits.toSingle(head[i]));
            }
        }
        if (format == Weights.F16) {
            for (int word = item; word < headSize / 2; word += GROUP) {
                cache.set(row + word, Bits.toHalf(head[2 * word]) | (Bits.toHalf(head[2 * word + 1]) << 16));
            }
        }
        if (format == Weights.Q8_0) {
            for (int group = item; group < headSize / QUANT; group += GROUP) {
                storeGroup(cache, row + group * QUANT_WORDS, head, group * QUANT);
            }
        }
    }

    /** 32 elements with the scale that just covers the largest. */
    private static void storeGroup(IntArray cache, int at, float[] head, int from) {
        float largest = 0;
        for (int i = 0; i < QUANT; i++) {
            largest = TornadoMath.max(largest, TornadoMath.abs(head[from + i]));
        }
        int scaleBits = Bits.toHalf(largest / 127);
        float scale = Bits.half(scaleBits);
        cache.set(at, scaleBits);
        for (int word = 0; word < QUANT / 4; word++) {
            int first = from + 4 * word;
            int low = level(head[first], scale) | (level(head[first + 1], scale) << 8);
            int high = level(head[first + 2], scale) | (level(head[first + 3], scale) << 8);
            cache.set(at + 1 + word, low | (high << 16));
        }
    }

    /** The nearest of 255 levels, as a byte. */
    private static int level(float value, float scale) {
        if (scale == 0) {
            return 0;
        }
        float ratio = TornadoMath.min(127, TornadoMath.max(-127, value / scale));
        int level = ratio < 0 ? (int) (ratio - 0.5f) : (int) (ratio + 0.5f);
        return level & 255;
    }

    /** {@code Σ query[from + i] · key[i]} over a head. */
    static float dot(IntArray cache, int row, float[] query, int from, int headSize, int format) {
        float sum = 0;
        if (format == Weights.F32) {
            for (int i = 0; i < headSize; i++) {
                sum += query[from + i] * Bits.single(cache.get(row + i));
            }
            return sum;
        }
        if (format == Weights.F16) {
            for (int word = 0; word < headSize / 2; word++) {
                int pair = cache.get(row + word);
                sum += query[from + 2 * word] * Bits.half(pair);
                sum += query[from + 2 * word + 1] * Bits.half(pair >> 16);
            }
            return sum;
        }
        for (int group = 0; group < headSize / QUANT; group++) {
            int at = row + group * QUANT_WORDS;
            float part = 0;
            for (int word = 0; word < QUANT / 4; word++) {
                int four = cache.get(at + 1 + word);
                int i = from + group * QUANT + 4 * word;
                part += query[i] * (four << 24 >> 24);
                part += query[i + 1] * (four << 16 >> 24);
                part += query[i + 2] * (four << 8 >> 24);
                part += query[i + 3] * (four >> 24);
            }
            sum += Bits.half(cache.get(at)) * part;
        }
        return sum;
    }

    /** Element {@code i} of a head. */
    static float element(IntArray cache, int row, int i, int format) {
        if (format == Weights.F32) {
            return Bits.single(cache.get(row + i));
        }
        if (format == Weights.F16) {
            return Bits.half(cache.get(row + (i >> 1)) >> (16 * (i & 1)));
        }
        int at = row + i / QUANT * QUANT_WORDS;
        int four = cache.get(at + 1 + i % QUANT / 4);
        return Bits.half(cache.get(at)) * (four << (24 - 8 * (i & 3)) >> 24);
    }
}
