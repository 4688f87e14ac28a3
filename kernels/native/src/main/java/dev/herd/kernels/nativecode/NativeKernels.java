package dev.herd.kernels.nativecode;

import dev.herd.kernels.Floats;
import dev.herd.kernels.Kernels;
import dev.herd.kernels.KvShape;
import dev.herd.kernels.KvView;
import dev.herd.kernels.QuantFormats;
import dev.herd.kernels.WeightMatrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.ref.Reference;
import java.util.List;
import java.util.Objects;

/**
 * The kernels in C for one instruction set. Java checks that every range lies in its memory; C does not.
 *
 * <p>A call passes addresses as longs and keeps the owners of the memory reachable until it returns.
 */
final class NativeKernels implements Kernels {
    static final int FUNCTIONS = 14;

    private static final int MULTIPLY_ADD_CHAINS = 16;
    private static final int MULTIPLY_ADD_SINK = 16;

    private final NativeLibrary library;
    private final InstructionSet instructions;
    private final MemorySegment matMul;
    private final MemorySegment decodeRow;
    private final MemorySegment rmsNorm;
    private final MemorySegment rope;
    private final MemorySegment scaleRows;
    private final MemorySegment swiGlu;
    private final MemorySegment add;
    private final MemorySegment encode;
    private final MemorySegment attend;
    private final MemorySegment layerNorm;
    private final MemorySegment addBias;
    private final MemorySegment gelu;
    private final MemorySegment attendAll;
    private final MemorySegment multiplyAdd;

    /** @throws IllegalArgumentException if this CPU lacks the instructions */
    NativeKernels(NativeLibrary library, InstructionSet instructions) {
        MemorySegment table = library.table(instructions);
        if (table == null) {
            throw new IllegalArgumentException("this CPU cannot run " + instructions);
        }
        this.library = library;
        this.instructions = instructions;
        this.matMul = entry(table, 1);
        this.decodeRow = entry(table, 2);
        this.rmsNorm = entry(table, 3);
        this.rope = entry(table, 4);
        this.scaleRows = entry(table, 5);
        this.swiGlu = entry(table, 6);
        this.add = entry(table, 7);
        this.encode = entry(table, 8);
        this.attend = entry(table, 9);
        this.layerNorm = entry(table, 10);
        this.addBias = entry(table, 11);
        this.gelu = entry(table, 12);
        this.attendAll = entry(table, 13);
        this.multiplyAdd = entry(table, FUNCTIONS);
    }

    private static MemorySegment entry(MemorySegment table, int index) {
        return table.getAtIndex(ValueLayout.ADDRESS, index);
    }

    private static void call(MemorySegment kernel, long a, long b, long c, long d) {
        NativeLibrary.call(kernel, a, b, c, d, 0, 0, 0, 0, 0, 0, 0);
    }

    private static void call(MemorySegment kernel, long a, long b, long c, long d, long e, long f, long g) {
        NativeLibrary.call(kernel, a, b, c, d, e, f, g, 0, 0, 0, 0);
    }

    @Override
    public String name() {
        return NativeKernelsProvider.NAME;
    }

    @Override
    public String description() {
        return name() + " kernels (" + instructions.title() + ")";
    }

    @Override
    public boolean supports(WeightMatrix weights) {
        // No switch, of which the JVM keeps none in its cache (docs/adr/0010-start-up.md).
        if (weights instanceof WeightMatrix.RowMajor matrix) {
            return QuantFormats.holdsWeights(matrix.type());
        }
        return !(weights instanceof WeightMatrix.Transposed matrix) || QuantFormats.holdsWeights(matrix.type());
    }

    @Override
    public void matMul(Floats out, Floats x, WeightMatrix weights, int tokens, int fromRow, int toRow) {
        Objects.checkFromToIndex(fromRow, toRow, weights.rows());
        requireElements(out, (long) tokens * weights.rows());
        requireElements(x, (long) tokens * weights.columns());
        requireSupported(weights);
        if (tokens == 0 || fromRow == toRow) {
            return;
        }
        NativeScratch scratch = NativeScratch.ofThread();
        long working = scratch.working(library.matMulScratch(tokens, weights.columns()));
        try {
            call(matMul, scratch.describe(weights), address(out), address(x), tokens, fromRow, toRow, working);
        } finally {
            keepAlive(out, x, weights);
        }
    }

    @Override
    public void dequantizeRow(Floats out, long outFrom, WeightMatrix weights, int row) {
        Objects.checkIndex(row, weights.rows());
        requireRange(out, outFrom, outFrom + weights.columns());
        requireSupported(weights);
        try {
            call(decodeRow, NativeScratch.ofThread().describe(weights), address(out) + outFrom * Float.BYTES, row, 0);
        } finally {
            keepAlive(out, out, weights);
        }
    }

    @Override
    public void rmsNorm(Floats out, Floats x, Floats weight, float epsilon, int size, int fromToken, int toToken) {
        requireRange(out, (long) fromToken * size, (long) toToken * size);
        requireRange(x, (long) fromToken * size, (long) toToken * size);
        requireElements(weight, size);
        try {
            rmsNorm(out, x, address(weight), epsilon, size, fromToken, toToken);
        } finally {
            keepAlive(weight, weight, this);
        }
    }

    @Override
    public void qkNorm(Floats x, float epsilon, int heads, int headSize, int fromToken, int toToken) {
        long from = (long) fromToken * heads;
        long to = (long) toToken * heads;
        requireRange(x, from * headSize, to * headSize);
        rmsNorm(x, x, 0, epsilon, headSize, from, to);
    }

    private void rmsNorm(Floats out, Floats x, long weight, float epsilon, long size, long from, long to) {
        try {
            NativeLibrary.call(rmsNorm, address(out), address(x), weight, size, from, to, 0, 0, 0, 0, epsilon);
        } finally {
            keepAlive(out, x, this);
        }
    }

    @Override
    public void rope(Floats x, Floats rotations, int heads, int headSize, int fromToken, int toToken) {
        requireRange(x, (long) fromToken * heads * headSize, (long) toToken * heads * headSize);
        requireRange(rotations, (long) fromToken * headSize, (long) toToken * headSize);
        try {
            call(rope, address(x), address(rotations), heads, headSize, fromToken, toToken, 0);
        } finally {
            keepAlive(x, rotations, this);
        }
    }

    @Override
    public void scaleRows(Floats x, Floats factors, int size, int fromToken, int toToken) {
        requireRange(x, (long) fromToken * size, (long) toToken * size);
        requireRange(factors, fromToken, toToken);
        try {
            call(scaleRows, address(x), address(factors), size, fromToken, toToken, 0, 0);
        } finally {
            keepAlive(x, factors, this);
        }
    }

    @Override
    public void storeKeyValue(KvView cache, int position, Floats key, Floats value, int token) {
        KvShape shape = cache.shape();
        long rowSize = (long) shape.kvHeadCount() * shape.headSize();
        requireRange(key, token * rowSize, (token + 1) * rowSize);
        requireRange(value, token * rowSize, (token + 1) * rowSize);
        long at = NativeScratch.layerAddress(cache, position) + shape.type().bytes(shape.element(0, position));
        long from = token * rowSize * Float.BYTES;
        try {
            encode(at, address(key) + from, shape);
            encode(at + shape.valuesOffset(), address(value) + from, shape);
        } finally {
            keepAlive(key, value, cache);
        }
    }

    /** The rows of all heads, which lie as far apart as each has positions in a block. */
    private void encode(long target, long source, KvShape shape) {
        long stride = shape.type().bytes((long) shape.blockSize() * shape.headSize());
        call(
                encode,
                target,
                source,
                NativeScratch.typeNumber(shape.type()),
                shape.headSize(),
                shape.kvHeadCount(),
                stride,
                0);
    }

    @Override
    public void attend(
            Floats out,
            Floats query,
            KvView cache,
            int token,
            int heads,
            int firstPosition,
            int position,
            int fromHead,
            int toHead) {
        Objects.checkFromToIndex(firstPosition, position, Integer.MAX_VALUE);
        Objects.checkFromToIndex(fromHead, toHead, heads);
        int headSize = cache.shape().headSize();
        long from = (long) token * heads * headSize;
        long to = from + (long) heads * headSize;
        requireRange(out, from, to);
        requireRange(query, from, to);
        NativeScratch scratch = NativeScratch.ofThread();
        long working = scratch.working(library.attendScratch(headSize));
        try {
            NativeLibrary.call(
                    attend,
                    scratch.describe(cache, firstPosition, position),
                    address(out) + from * Float.BYTES,
                    address(query) + from * Float.BYTES,
                    heads,
                    firstPosition,
                    position,
                    fromHead,
                    toHead,
                    working,
                    0,
                    0);
        } finally {
            keepAlive(out, query, cache);
        }
    }

    @Override
    public void swiGlu(Floats gate, Floats up, long from, long to) {
        combine(swiGlu, gate, up, from, to);
    }

    @Override
    public void add(Floats out, Floats x, long from, long to) {
        combine(add, out, x, from, to);
    }

    private static void combine(MemorySegment function, Floats target, Floats other, long from, long to) {
        requireRange(target, from, to);
        requireRange(other, from, to);
        try {
            call(function, address(target), address(other), from, to);
        } finally {
            keepAlive(target, other, function);
        }
    }

    @Override
    public void layerNorm(
            Floats out, Floats x, Floats weight, Floats bias, float epsilon, int size, int fromToken, int toToken) {
        requireRange(out, (long) fromToken * size, (long) toToken * size);
        requireRange(x, (long) fromToken * size, (long) toToken * size);
        requireElements(weight, size);
        requireElements(bias, size);
        try {
            NativeLibrary.call(
                    layerNorm,
                    address(out),
                    address(x),
                    address(weight),
                    address(bias),
                    size,
                    fromToken,
                    toToken,
                    0,
                    0,
                    0,
                    epsilon);
        } finally {
            keepAlive(out, x, weight);
            keepAlive(bias, this, this);
        }
    }

    @Override
    public void addBias(Floats x, Floats bias, int size, int fromToken, int toToken) {
        requireRange(x, (long) fromToken * size, (long) toToken * size);
        requireElements(bias, size);
        try {
            call(addBias, address(x), address(bias), size, fromToken, toToken, 0, 0);
        } finally {
            keepAlive(x, bias, this);
        }
    }

    @Override
    public void gelu(Floats x, long from, long to) {
        requireRange(x, from, to);
        try {
            call(gelu, address(x), from, to, 0);
        } finally {
            keepAlive(x, x, this);
        }
    }

    @Override
    public void attendAll(
            Floats out,
            Floats query,
            Floats key,
            Floats value,
            int tokens,
            int heads,
            int headSize,
            int fromHead,
            int toHead) {
        Objects.checkFromToIndex(fromHead, toHead, heads);
        long size = (long) tokens * heads * headSize;
        for (Floats part : List.of(out, query, key, value)) {
            requireElements(part, size);
        }
        if (tokens == 0) {
            return;
        }
        long working = NativeScratch.ofThread().working(library.attendAllScratch(tokens, headSize));
        try {
            NativeLibrary.call(
                    attendAll,
                    address(out),
                    address(query),
                    address(key),
                    address(value),
                    tokens,
                    heads,
                    headSize,
                    fromHead,
                    toHead,
                    working,
                    0);
        } finally {
            keepAlive(out, query, key);
            keepAlive(value, this, this);
        }
    }

    @Override
    public long multiplyAdd(int rounds) {
        Floats sink = Floats.allocate(Arena.ofAuto(), MULTIPLY_ADD_SINK);
        try {
            call(multiplyAdd, address(sink), rounds, 0, 0);
        } finally {
            keepAlive(sink, sink, this);
        }
        return 2L * rounds * MULTIPLY_ADD_CHAINS * lanes();
    }

    private int lanes() {
        return switch (instructions) {
            case AVX512_VNNI -> 16;
            case AVX_VNNI, AVX2 -> 8;
            case NEON_DOTPROD, PORTABLE -> 4;
        };
    }

    private void requireSupported(WeightMatrix weights) {
        if (!supports(weights)) {
            throw new IllegalArgumentException("the native kernels do not read " + weights.type());
        }
    }

    private static void requireElements(Floats floats, long count) {
        requireRange(floats, 0, count);
    }

    private static void requireRange(Floats floats, long from, long to) {
        Objects.checkFromToIndex(from, to, floats.size());
    }

    private static long address(Floats floats) {
        return floats.segment().address();
    }

    /** Called from finally blocks only. */
    @SuppressWarnings("ReachabilityFenceUsage")
    private static void keepAlive(Object first, Object second, Object third) {
        Reference.reachabilityFence(first);
        Reference.reachabilityFence(second);
        Reference.reachabilityFence(third);
    }
}
