package dev.herd.cli;

import dev.herd.kernels.Floats;
import dev.herd.kernels.KvShape;
import dev.herd.kernels.TensorType;
import dev.herd.kernels.WeightMatrix;
import dev.herd.kernels.WeightMatrix.RowMajor;
import dev.herd.kernels.device.Candidates.Wish;
import dev.herd.kernels.device.Decoder;
import dev.herd.kernels.device.Decoder.Experts;
import dev.herd.kernels.device.Decoder.Ffn;
import dev.herd.kernels.device.DecoderStep;
import dev.herd.kernels.device.DecoderStep.SequenceBlocks;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;

/**
 * The sizes of a mixture of experts in which every fourth layer is GLOBAL, for measuring a device without a checkpoint: all
 * matrices of a kind are the same random Q4_K numbers on the host, so that it needs little memory; the device gets each.
 */
enum DecoderShape {
    SCOUT(5120, 202_048, 40, 8, 128, 8192, 16, 48),
    MAVERICK(5120, 202_048, 40, 8, 128, 8192, 128, 48),
    TINY(256, 512, 8, 2, 32, 256, 4, 4);

    private static final TensorType TYPE = TensorType.Q4_K;
    private static final int BLOCK_SIZE = 16;
    private static final int LAYERS_PER_GLOBAL = 4;
    private static final int LOCAL_BLOCKS = LAYERS_PER_GLOBAL - 1;
    private static final int PATTERN_GROUPS = 4096;
    private static final short SMALL_HALF = Float.floatToFloat16(1e-3f);
    private static final float EPSILON = 1e-5f;

    private final int hiddenSize;
    private final int vocabularySize;
    private final int heads;
    private final int kvHeads;
    private final int headSize;
    private final int ffnSize;
    private final int experts;
    private final int layers;

    DecoderShape(
            int hiddenSize,
            int vocabularySize,
            int heads,
            int kvHeads,
            int headSize,
            int ffnSize,
            int experts,
            int layers) {
        this.hiddenSize = hiddenSize;
        this.vocabularySize = vocabularySize;
        this.heads = heads;
        this.kvHeads = kvHeads;
        this.headSize = headSize;
        this.ffnSize = ffnSize;
        this.experts = experts;
        this.layers = layers;
    }

    /** The one called {@code scout}, {@code maverick} or {@code tiny}. */
    static DecoderShape named(String word) {
        return switch (word) {
            case "scout" -> SCOUT;
            case "maverick" -> MAVERICK;
            case "tiny" -> TINY;
            default -> throw new IllegalArgumentException("'" + word + "' is neither scout, maverick nor tiny");
        };
    }

    int layers() {
        return layers;
    }

    int experts() {
        return experts;
    }

    /**
     * A decoder of these shapes.
     *
     * @param layerCount a multiple of four
     * @param maxTokens tokens of the largest step
     * @param sequences sequences of the largest step
     * @param context positions of the longest sequence
     */
    Decoder decoder(Arena arena, int layerCount, int maxTokens, int sequences, int context) {
        if (layerCount < 1 || layerCount % LAYERS_PER_GLOBAL != 0) {
            throw new CommandException("--layers must be a multiple of " + LAYERS_PER_GLOBAL + ", not " + layerCount);
        }
        int largest = Math.max(vocabularySize, Math.max(ffnSize, heads * headSize));
        MemorySegment numbers = random(arena, TYPE.bytes((long) largest * Math.max(hiddenSize, ffnSize)));
        Floats norm = Floats.allocate(arena, hiddenSize);
        for (int i = 0; i < hiddenSize; i++) {
            norm.set(i, 1);
        }
        RowMajor router = new RowMajor(TensorType.F32, routerWeights(arena), experts, hiddenSize);
        WeightMatrix query = matrix(numbers, heads * headSize, hiddenSize);
        WeightMatrix keyOrValue = matrix(numbers, kvHeads * headSize, hiddenSize);
        WeightMatrix output = matrix(numbers, hiddenSize, heads * headSize);
        WeightMatrix gateOrUp = matrix(numbers, ffnSize, hiddenSize);
        Ffn ffn = new Ffn(gateOrUp, gateOrUp, matrix(numbers, hiddenSize, ffnSize));
        List<Decoder.Layer> all = new ArrayList<>();
        int perBlock = layerCount / LAYERS_PER_GLOBAL;
        int locals = 0;
        for (int layer = 0; layer < layerCount; layer++) {
            boolean isLocal = layer % LAYERS_PER_GLOBAL != LOCAL_BLOCKS;
            int number = isLocal ? locals++ : layer / LAYERS_PER_GLOBAL;
            Experts routed = new Experts(router, Collections.nCopies(experts, ffn));
            all.add(new Decoder.Layer(
                    isLocal,
                    number / perBlock,
                    number % perBlock,
                    norm,
                    query,
                    keyOrValue,
                    keyOrValue,
                    output,
                    norm,
                    ffn,
                    routed));
        }
        WeightMatrix vocabulary = matrix(numbers, vocabularySize, hiddenSize);
        Decoder.Sizes sizes =
                new Decoder.Sizes(hiddenSize, vocabularySize, heads, experts, 1, EPSILON, true, maxTokens, false);
        return new Decoder(sizes, cache(perBlock, sequences, context), vocabulary, norm, vocabulary, all);
    }

    private Decoder.Cache cache(int perBlock, int sequences, int context) {
        int blocks = sequences * Math.ceilDiv(context, BLOCK_SIZE) * LAYERS_PER_GLOBAL;
        KvShape shape = new KvShape(kvHeads, headSize, BLOCK_SIZE, TensorType.F16);
        return new Decoder.Cache(shape, perBlock, LOCAL_BLOCKS, 1, blocks, blocks);
    }

    private static WeightMatrix matrix(MemorySegment numbers, int rows, int columns) {
        return new RowMajor(TYPE, numbers.asSlice(0, TYPE.bytes((long) rows * columns)), rows, columns);
    }

    /** Groups of random levels whose scales are small, so that activations stay finite over all layers. */
    private static MemorySegment random(Arena arena, long bytes) {
        int groupBytes = TYPE.quantGroupBytes();
        byte[] pattern = new byte[PATTERN_GROUPS * groupBytes];
        new Random(1).nextBytes(pattern);
        MemorySegment groups = MemorySegment.ofArray(pattern);
        ValueLayout.OfShort half = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
        for (long at = 0; at < pattern.length; at += groupBytes) {
            groups.set(half, at, SMALL_HALF);
            groups.set(half, at + Short.BYTES, SMALL_HALF);
        }
        MemorySegment numbers = arena.allocate(bytes, Long.BYTES);
        for (long at = 0; at < bytes; at += pattern.length) {
            MemorySegment.copy(groups, 0, numbers, at, Math.min(pattern.length, bytes - at));
        }
        return numbers;
    }

    private MemorySegment routerWeights(Arena arena) {
        Random random = new Random(2);
        MemorySegment numbers = arena.allocate((long) Float.BYTES * experts * hiddenSize, Float.BYTES);
        for (long i = 0; i < (long) experts * hiddenSize; i++) {
            numbers.setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) random.nextGaussian());
        }
        return numbers;
    }

    /**
     * A step of {@code tokens} new tokens of each of {@code sequences} sequences that are {@code past} tokens long.
     *
     * @param context as given to {@link #decoder}: where blocks of the next sequence begin
     */
    DecoderStep step(Arena arena, Random random, int sequences, int tokens, int past, int context) {
        int all = sequences * tokens;
        int blocks = Math.ceilDiv(context, BLOCK_SIZE);
        List<SequenceBlocks> tables = new ArrayList<>();
        for (int s = 0; s < sequences; s++) {
            int first = s * blocks * LAYERS_PER_GLOBAL;
            int globalFirst = first + blocks * LOCAL_BLOCKS;
            tables.add(new SequenceBlocks(
                    IntStream.range(first, globalFirst).toArray(),
                    IntStream.range(globalFirst, globalFirst + blocks).toArray(),
                    0,
                    past + tokens));
        }
        Floats rotations = Floats.allocate(arena, (long) all * headSize);
        Floats factors = Floats.allocate(arena, all);
        for (int token = 0; token < all; token++) {
            factors.set(token, 1);
            for (int pair = 0; pair < headSize; pair += 2) {
                rotations.set((long) token * headSize + pair, 1);
            }
        }
        return new DecoderStep(
                random.ints(all, 0, vocabularySize).toArray(),
                IntStream.range(0, all).map(t -> past + t % tokens).toArray(),
                new int[all],
                IntStream.range(0, all).map(t -> t / tokens).toArray(),
                tables,
                rotations,
                factors,
                IntStream.range(0, sequences).map(s -> (s + 1) * tokens - 1).toArray(),
                Collections.nCopies(sequences, Wish.GREEDY),
                List.of());
    }

    /** Numbers of a layer that every token is multiplied with, the shared expert's among them. */
    long sharedWeights() {
        long attention = 2L * heads * headSize * hiddenSize + 2L * kvHeads * headSize * hiddenSize;
        return attention + expertWeights();
    }

    /** Numbers of one expert. */
    long expertWeights() {
        return 3L * ffnSize * hiddenSize;
    }

    /** Numbers of the output matrix. */
    long outputWeights() {
        return (long) vocabularySize * hiddenSize;
    }

    /** Bytes of as many numbers in the type of the weights. */
    static double bytes(double weights) {
        return weights * TYPE.quantGroupBytes() / TYPE.quantGroupSize();
    }

    /** Bytes of keys and values that one token reads in a layer whose every position it sees. */
    long kvBytes(int positions) {
        return 2L * Short.BYTES * kvHeads * headSize * positions;
    }

    /** Operations of one token in a layer's attention over as many positions. */
    long attentionOperations(int positions) {
        return 4L * heads * headSize * positions;
    }
}
