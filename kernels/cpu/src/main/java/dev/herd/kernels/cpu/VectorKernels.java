package dev.herd.kernels.cpu;

import dev.herd.kernels.Floats;
import dev.herd.kernels.Kernels;
import dev.herd.kernels.KvShape;
import dev.herd.kernels.KvView;
import dev.herd.kernels.QuantFormats;
import dev.herd.kernels.TensorType;
import dev.herd.kernels.WeightMatrix;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The kernels in Java's Vector API. This class checks that every range lies in its memory; what it calls takes addresses
 * and does not.
 *
 * <p>All arithmetic is in floats and inputs are not rounded, so the tolerances are those of 32-bit sums. Scratch memory is
 * per thread, and the owners of memory are kept reachable until a call returns.
 */
final class VectorKernels implements Kernels {
    @Override
    public String name() {
        return VectorKernelsProvider.NAME;
    }

    @Override
    public String description() {
        return name() + " kernels (" + VectorLanes.FLOATS.vectorBitSize() + "-bit)";
    }

    @Override
    public boolean supports(WeightMatrix weights) {
        return switch (weights) {
            case WeightMatrix.RowMajor matrix -> QuantFormats.holdsWeights(matrix.type());
            case WeightMatrix.Transposed matrix -> QuantFormats.holdsWeights(matrix.type());
            case WeightMatrix.Fp8 _, WeightMatrix.Int4 _ -> true;
        };
    }

    @Override
    public void matMul(Floats out, Floats x, WeightMatrix weights, int tokens, int fromRow, int toRow) {
        Objects.checkFromToIndex(fromRow, toRow, weights.rows());
        requireRange(out, 0, (long) tokens * weights.rows());
        requireRange(x, 0, (long) tokens * weights.columns());
        requireReadable(weights);
        if (tokens == 0 || fromRow == toRow) {
            return;
        }
        try {
            VectorMatMul.multiply(address(out), address(x), weights, tokens, fromRow, toRow);
        } finally {
            keepAlive(out, x, weights);
        }
    }

    @Override
    public void dequantizeRow(Floats out, long outFrom, WeightMatrix weights, int row) {
        Objects.checkIndex(row, weights.rows());
        int columns = weights.columns();
        requireRange(out, outFrom, outFrom + columns);
        requireReadable(weights);
        VectorScratch scratch = VectorScratch.ofThread();
        long decoded = scratch.working(4L * columns + VectorLanes.BYTES);
        try {
            VectorRows.decode(weights, row, 0, columns, decoded, scratch.steps());
            VectorLanes.copy(decoded, address(out) + 4 * outFrom, 4L * columns);
        } finally {
            keepAlive(out, weights, weights);
        }
    }

    @Override
    public void rmsNorm(Floats out, Floats x, Floats weight, float epsilon, int size, int fromToken, int toToken) {
        requireRange(out, (long) fromToken * size, (long) toToken * size);
        requireRange(x, (long) fromToken * size, (long) toToken * size);
        requireRange(weight, 0, size);
        try {
            for (int token = fromToken; token < toToken; token++) {
                long from = 4L * token * size;
                VectorElementwise.normRow(address(out) + from, address(x) + from, address(weight), epsilon, size);
            }
        } finally {
            keepAlive(out, x, weight);
        }
    }

    @Override
    public void qkNorm(Floats x, float epsilon, int heads, int headSize, int fromToken, int toToken) {
        long from = (long) fromToken * heads;
        long to = (long) toToken * heads;
        requireRange(x, from * headSize, to * headSize);
        try {
            for (long head = from; head < to; head++) {
                VectorElementwise.normRow(address(x) + 4 * head * headSize, epsilon, headSize);
            }
        } finally {
            keepAlive(x, x, x);
        }
    }

    @Override
    public void rope(Floats x, Floats rotations, int heads, int headSize, int fromToken, int toToken) {
        requireRange(x, (long) fromToken * heads * headSize, (long) toToken * heads * headSize);
        requireRange(rotations, (long) fromToken * headSize, (long) toToken * headSize);
        try {
            for (int token = fromToken; token < toToken; token++) {
                long angles = address(rotations) + 4L * token * headSize;
                for (int head = 0; head < heads; head++) {
                    long at = ((long) token * heads + head) * headSize;
                    VectorElementwise.rotate(address(x) + 4 * at, angles, headSize);
                }
            }
        } finally {
            keepAlive(x, rotations, x);
        }
    }

    @Override
    public void scaleRows(Floats x, Floats factors, int size, int fromToken, int toToken) {
        requireRange(x, (long) fromToken * size, (long) toToken * size);
        requireRange(factors, fromToken, toToken);
        try {
            for (int token = fromToken; token < toToken; token++) {
                VectorPlain.scale(address(x) + 4L * token * size, factors.get(token), size);
            }
        } finally {
            keepAlive(x, factors, x);
        }
    }

    @Override
    public void storeKeyValue(KvView cache, int position, Floats key, Floats value, int token) {
        KvShape shape = cache.shape();
        int headSize = shape.headSize();
        long rowSize = (long) shape.kvHeadCount() * headSize;
        requireRange(key, token * rowSize, (token + 1) * rowSize);
        requireRange(value, token * rowSize, (token + 1) * rowSize);
        MemorySegment block = cache.block(position);
        long layer = block.address() + cache.offset();
        try {
            for (int kvHead = 0; kvHead < shape.kvHeadCount(); kvHead++) {
                long from = 4 * (token * rowSize + (long) kvHead * headSize);
                long at = layer + shape.type().bytes(shape.element(kvHead, position));
                encode(shape.type(), address(key) + from, at, headSize);
                encode(shape.type(), address(value) + from, at + shape.valuesOffset(), headSize);
            }
        } finally {
            keepAlive(key, value, cache);
        }
    }

    private static void encode(TensorType type, long source, long target, int count) {
        switch (type) {
            case F32 -> VectorLanes.copy(source, target, 4L * count);
            case F16 -> VectorPlain.encodeF16(source, target, count);
            case Q8_0 -> VectorPlain.encodeQ80(source, target, count);
            default -> throw new IllegalArgumentException("the vector kernels keep no keys and values as " + type);
        }
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
        long row = (long) token * heads * headSize;
        requireRange(out, row, row + (long) heads * headSize);
        requireRange(query, row, row + (long) heads * headSize);
        int groupSize = heads / cache.shape().kvHeadCount();
        try {
            for (int head = fromHead; head < toHead; ) {
                int kvHead = head / groupSize;
                int count = Math.min(Math.min((kvHead + 1) * groupSize, toHead) - head, VectorAttention.HEADS);
                long at = 4 * (row + (long) head * headSize);
                VectorAttention.attend(
                        address(out) + at, address(query) + at, cache, kvHead, count, firstPosition, position);
                head += count;
            }
        } finally {
            keepAlive(out, query, cache);
        }
    }

    @Override
    public void swiGlu(Floats gate, Floats up, long from, long to) {
        requireRange(gate, from, to);
        requireRange(up, from, to);
        try {
            VectorElementwise.swiGlu(address(gate) + 4 * from, address(up) + 4 * from, to - from);
        } finally {
            keepAlive(gate, up, gate);
        }
    }

    @Override
    public void add(Floats out, Floats x, long from, long to) {
        requireRange(out, from, to);
        requireRange(x, from, to);
        try {
            VectorElementwise.add(address(out) + 4 * from, address(x) + 4 * from, to - from);
        } finally {
            keepAlive(out, x, out);
        }
    }

    private void requireReadable(WeightMatrix weights) {
        if (!supports(weights)) {
            throw new IllegalArgumentException("the vector kernels do not read " + weights.type());
        }
        boolean isNative = switch (weights) {
            case WeightMatrix.RowMajor matrix -> matrix.data().isNative();
            case WeightMatrix.Transposed matrix -> matrix.data().isNative();
            case WeightMatrix.Fp8 matrix ->
                matrix.data().isNative() && matrix.scales().isNative();
            case WeightMatrix.Int4 matrix ->
                matrix.packed().isNative()
                        && matrix.scales().isNative()
                        && isNativeOrAbsent(matrix.zeroPoints())
                        && isNativeOrAbsent(matrix.groupIndex());
        };
        if (!isNative) {
            throw new IllegalArgumentException("the vector kernels read matrices outside the heap only");
        }
    }

    private static boolean isNativeOrAbsent(@Nullable MemorySegment memory) {
        return memory == null || memory.isNative();
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
