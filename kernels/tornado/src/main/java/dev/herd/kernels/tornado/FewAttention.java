package dev.herd.kernels.tornado;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.WorkerGrid;
import uk.ac.manchester.tornado.api.math.TornadoMath;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * Attention of few tokens over a paged cache in F16 or Q8_0, on devices that turn halves to floats by themselves. It computes what
 * {@link Attention#attend} does, and {@link Attention#combine} or {@link RoundedAttention#combine} follows it, too.
 *
 * <p>One group of 128 items handles the up to five query heads of a token that share a key/value head, over one of
 * {@code splits} stretches of the visible positions, 32 positions at a time. Sixteen items share a position, each with eight
 * elements of the key and, later, of the value, and have four positions of a tile: all words of a tile, 16 KB of keys and values,
 * are on their way at once, 16 bytes to a load ({@link WideLoads}). Queries and the sums of weighted values stay in registers;
 * scores and weights are exchanged in local memory, of which a group takes 21 KB for Scout's heads.
 *
 * <p>Traffic is keys and values of what is visible once per token, and {@code partial} written once.
 */
public final class FewAttention {
    /** Items of a group. */
    private static final int GROUP = 128;

    /** Items that share a position. */
    private static final int LANES = 16;

    /** Positions of a tile, and of them those of an item. */
    private static final int POSITIONS = 32;

    private static final int OWN = POSITIONS / (GROUP / LANES);

    /** Elements of a position that an item has, in four words. */
    private static final int ELEMENTS = 8;

    private static final int WORDS = ELEMENTS / 2;

    /** Query heads of a group: as many as share a key in Llama 4. */
    private static final int HEADS = 5;

    private static final int PAIRS = POSITIONS * HEADS;

    /** Floats from one sum of {@code LANES} to the next, an odd number against bank conflicts. */
    private static final int STRIDE = LANES + 1;

    private static final float LOWEST = -Float.MAX_VALUE;

    private FewAttention() {}

    /** Whether such heads, kept in that format, are attended to here. */
    static boolean takes(int heads, int kvHeads, int headSize, int format) {
        return (format == Weights.F16 || (format == Weights.Q8_0 && headSize % 32 == 0))
                && heads / kvHeads <= HEADS
                && headSize % ELEMENTS == 0
                && headSize <= LANES * ELEMENTS;
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
     * @param format of the cache: F16 or Q8_0
     * @param splits stretches, the third dimension of the grid
     * @param alone 1 if only tokens that are alone ({@link Step#ALONE}) are attended to; {@code partial} is of those then
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
            int alone) {
        int groupSize = heads / kvHeads;
        int words = KeyValues.headWords(format, headSize);
        float[] parts = context.allocateFloatLocalArray(HEADS * GROUP * ELEMENTS); // of scores, in the end of sums
        float[] weights = context.allocateFloatLocalArray(PAIRS); // [heads, positions]
        float[] totals = context.allocateFloatLocalArray(PAIRS); // [positions, heads]
        float[] largest = context.allocateFloatLocalArray(HEADS);
        float[] factors = context.allocateFloatLocalArray(HEADS);
        int item = context.localIdx;
        int kvHead = context.groupIdx;
        int number = context.groupIdy;
        int split = context.groupIdz;
        if (number < Step.count(step, alone)) {
            int token = Step.token(places, number, alone);
            int place = token * Step.PLACE;
            int end = places.get(place + Step.POSITION) + 1;
            int first = 0;
            int table = places.get(place + Step.GLOBAL_TABLE);
            if (kind != KeyValues.GLOBAL) {
                first = places.get(place + Step.LOCAL_FIRST);
                table = places.get(place + Step.LOCAL_TABLE);
            }
            int stretch = ((end - first + splits - 1) / splits + POSITIONS - 1) / POSITIONS * POSITIONS;
            int from = first + split * stretch;
            int to = TornadoMath.min(from + stretch, end);
            int valuesAfter = kvHeads * blockSize * words;
            int lane = item & (LANES - 1);
            int own = item / LANES * OWN;
            // Items beyond the head's elements read the last ones again, and their queries are zeros.
            int at = TornadoMath.min(lane, headSize / ELEMENTS - 1);
            float scale = lane * ELEMENTS < headSize ? 1 / TornadoMath.sqrt(headSize) : 0;
            float[] queries = new float[HEADS * ELEMENTS];
            float[] sums = new float[HEADS * ELEMENTS];
            for (int head = 0; head < HEADS; head++) {
                // Heads beyond the last are the last again.
                int ofHead = token * heads + kvHead * groupSize + TornadoMath.min(head, groupSize - 1);
                for (int e = 0; e < ELEMENTS; e++) {
                    queries[head * ELEMENTS + e] = query.get(ofHead * headSize + at * ELEMENTS + e) * scale;
                    sums[head * ELEMENTS + e] = 0;
                }
            }
            int[] keys = new int[OWN * WORDS];
            int[] values = new int[OWN * WORDS];
            for (int pair = item; pair < PAIRS; pair += GROUP) {
                totals[pair] = 0;
            }
            if (item < HEADS) {
                largest[item] = LOWEST;
            }
            for (int start = from; start < to; start += POSITIONS) {
                for (int p = 0; p < OWN; p++) {
                    int position = TornadoMath.min(start + own + p, to - 1);
                    int key = KeyValues.row(
                                    tables, layer, table, position, kvHead, kvHeads, blockSize, blocksPerStep, words)
                            + place(format, at, 0);
                    keys[p * WORDS] = cache.get(key);
                    keys[p * WORDS + 1] = cache.get(key + place(format, at, 1));
                    keys[p * WORDS + 2] = cache.get(key + place(format, at, 2));
                    keys[p * WORDS + 3] = cache.get(key + place(format, at, 3));
                    int value = key + valuesAfter;
                    values[p * WORDS] = cache.get(value);
                    values[p * WORDS + 1] = cache.get(value + place(format, at, 1));
                    values[p * WORDS + 2] = cache.get(value + place(format, at, 2));
                    values[p * WORDS + 3] = cache.get(value + place(format, at, 3));
                }
                for (int p = 0; p < OWN; p++) {
                    for (int head = 0; head < HEADS; head++) {
                        float part = 0;
                        for (int e = 0; e < ELEMENTS; e++) {
                            part += element(format, keys, p * WORDS, e) * queries[head * ELEMENTS + e];
                        }
                        parts[((own + p) * HEADS + head) * STRIDE + lane] = part;
                    }
                }
                context.localBarrier();
                for (int pair = item; pair < PAIRS; pair += GROUP) {
                    float score = 0;
                    for (int i = 0; i < LANES; i++) {
                        score += parts[pair * STRIDE + i];
                    }
                    if (start + pair / HEADS >= to) {
                        score = LOWEST;
                    }
                    weights[pair % HEADS * POSITIONS + pair / HEADS] = score;
                }
                context.localBarrier();
                if (item < HEADS) {
                    float before = largest[item];
                    float now = before;
                    for (int i = 0; i < POSITIONS; i++) {
                        now = TornadoMath.max(now, weights[item * POSITIONS + i]);
                    }
                    largest[item] = now;
                    factors[item] = TornadoMath.exp(before - now);
                }
                context.localBarrier();
                for (int pair = item; pair < PAIRS; pair += GROUP) {
                    int head = pair % HEADS;
                    float score = weights[head * POSITIONS + pair / HEADS];
                    float weight = TornadoMath.exp(score - largest[head]);
                    if (score == LOWEST) {
                        weight = 0;
                    }
                    weights[head * POSITIONS + pair / HEADS] = weight;
                    totals[pair] = totals[pair] * factors[head] + weight;
                }
                context.localBarrier();
                for (int head = 0; head < HEADS; head++) {
                    for (int e = 0; e < ELEMENTS; e++) {
                        float sum = factors[head] * sums[head * ELEMENTS + e];
                        for (int p = 0; p < OWN; p++) {
                            sum += weights[head * POSITIONS + own + p] * element(format, values, p * WORDS, e);
                        }
                        sums[head * ELEMENTS + e] = sum;
                    }
                }
            }
            for (int head = 0; head < HEADS; head++) {
                for (int e = 0; e < ELEMENTS; e++) {
                    parts[(head * GROUP + item) * ELEMENTS + e] = sums[head * ELEMENTS + e];
                }
            }
            context.localBarrier();
            int out = ((number * splits + split) * heads + kvHead * groupSize) * (headSize + 2);
            for (int i = item; i < groupSize * headSize; i += GROUP) {
                int head = i / headSize;
                int element = i % headSize;
                float sum = 0;
                for (int of = 0; of < GROUP / LANES; of++) {
                    sum += parts[(head * GROUP + of * LANES) * ELEMENTS + element];
                }
                partial.set(out + head * (headSize + 2) + element, sum);
            }
            if (item < groupSize) {
                float sum = 0;
                for (int i = 0; i < POSITIONS; i++) {
                    sum += totals[i * HEADS + item];
                }
                partial.set(out + item * (headSize + 2) + headSize, largest[item]);
                partial.set(out + item * (headSize + 2) + headSize + 1, sum);
            }
            context.localBarrier();
        }
    }

    /**
     * Where an item's first word is in its head, and how far behind it the others are; of Q8_0 the first is the scale, the next two
     * have its elements, and there is no fourth.
     */
    private static int place(int format, int at, int word) {
        if (format == Weights.Q8_0) {
            int group = at / 4 * 9;
            return word == 0 ? group : TornadoMath.min(word, 2) + at % 4 * 2;
        }
        return word == 0 ? at * WORDS : word;
    }

    /** Element {@code e} of the words from {@code at} on. */
    private static float element(int format, int[] words, int at, int e) {
        if (format == Weights.Q8_0) {
            return Bits.deviceHalf(words[at]) * (words[at + 1 + e / 4] << (24 - 8 * (e % 4)) >> 24);
        }
        return Bits.deviceHalf(words[at + e / 2] >> (16 * (e % 2)));
    }
}
