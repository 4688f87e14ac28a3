package dev.herd.kernels.cpu;

import dev.herd.kernels.Floats;
import dev.herd.kernels.Kernels;
import dev.herd.kernels.KvShape;
import dev.herd.kernels.KvView;
import dev.herd.kernels.QuantFormats;
import dev.herd.kernels.WeightMatrix;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Objects;

/**
 * Every kernel in plain Java, as the formulas read: the oracle for the other providers, and what runs where they cannot.
 *
 * <p>Sums are kept in double and in an order that does not depend on how work is split or batched, so results are the
 * same on every machine and for every number of threads. Scratch memory is per thread.
 */
final class ScalarKernels implements Kernels {
    /** Elements of an elementwise operation that are staged in arrays at a time. */
    private static final int STAGED = 4096;

    @Override
    public String name() {
        return ScalarKernelsProvider.NAME;
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
        if (weights instanceof WeightMatrix.Transposed transposed) {
            ScalarMatMul.multiplyTransposed(out, x, transposed, tokens, fromRow, toRow);
        } else {
            ScalarMatMul.multiplyRows(out, x, weights, tokens, fromRow, toRow);
        }
    }

    @Override
    public void dequantizeRow(Floats out, long outFrom, WeightMatrix weights, int row) {
        Objects.checkIndex(row, weights.rows());
        Scratch scratch = Scratch.ofThread();
        float[] decoded = scratch.row(weights.columns());
        RowDecoder.decode(weights, row, decoded, scratch);
        out.write(outFrom, decoded, 0, weights.columns());
    }

    @Override
    public void rmsNorm(Floats out, Floats x, Floats weight, float epsilon, int size, int fromToken, int toToken) {
        Scratch scratch = Scratch.ofThread();
        float[] weights = scratch.row(size);
        float[] values = scratch.inputs(size);
        weight.read(0, weights, 0, size);
        for (int token = fromToken; token < toToken; token++) {
            long from = (long) token * size;
            x.read(from, values, 0, size);
            float scale = inverseRms(values, size, epsilon, scratch);
            for (int i = 0; i < size; i++) {
                values[i] = values[i] * scale * weights[i];
            }
            out.write(from, values, 0, size);
        }
    }

    @Override
    public void qkNorm(Floats x, float epsilon, int heads, int headSize, int fromToken, int toToken) {
        Scratch scratch = Scratch.ofThread();
        float[] values = scratch.inputs(headSize);
        for (long head = (long) fromToken * heads; head < (long) toToken * heads; head++) {
            x.read(head * headSize, values, 0, headSize);
            float scale = inverseRms(values, headSize, epsilon, scratch);
            for (int i = 0; i < headSize; i++) {
                values[i] *= scale;
            }
            x.write(head * headSize, values, 0, headSize);
        }
    }

    private static float inverseRms(float[] values, int size, float epsilon, Scratch scratch) {
        double squares = Dots.dot(values, 0, values, 0, size, scratch.lanes());
        return (float) (1 / Math.sqrt(squares / size + epsilon));
    }

    @Override
    public void rope(Floats x, Floats rotations, int heads, int headSize, int fromToken, int toToken) {
        Scratch scratch = Scratch.ofThread();
        float[] values = scratch.inputs(headSize);
        float[] angles = scratch.row(headSize);
        for (int token = fromToken; token < toToken; token++) {
            rotations.read((long) token * headSize, angles, 0, headSize);
            for (int head = 0; head < heads; head++) {
                long from = ((long) token * heads + head) * headSize;
                x.read(from, values, 0, headSize);
                rotatePairs(values, angles, headSize);
                x.write(from, values, 0, headSize);
            }
        }
    }

    private static void rotatePairs(float[] values, float[] angles, int headSize) {
        for (int i = 0; i < headSize; i += 2) {
            float a = values[i];
            float b = values[i + 1];
            float cosine = angles[i];
            float sine = angles[i + 1];
            values[i] = a * cosine - b * sine;
            values[i + 1] = a * sine + b * cosine;
        }
    }

    @Override
    public void scaleRows(Floats x, Floats factors, int size, int fromToken, int toToken) {
        float[] values = Scratch.ofThread().inputs(size);
        for (int token = fromToken; token < toToken; token++) {
            float factor = factors.get(token);
            x.read((long) token * size, values, 0, size);
            for (int i = 0; i < size; i++) {
                values[i] *= factor;
            }
            x.write((long) token * size, values, 0, size);
        }
    }

    @Override
    public void storeKeyValue(KvView cache, int position, Floats key, Floats value, int token) {
        KvShape shape = cache.shape();
        MemorySegment block = cache.block(position);
        Scratch scratch = Scratch.ofThread();
        float[] values = scratch.inputs(shape.headSize());
        for (int kvHead = 0; kvHead < shape.kvHeadCount(); kvHead++) {
            long from = ((long) token * shape.kvHeadCount() + kvHead) * shape.headSize();
            long at = cache.offset() + shape.type().bytes(shape.element(kvHead, position));
            key.read(from, values, 0, shape.headSize());
            store(block, at, shape, values, scratch);
            value.read(from, values, 0, shape.headSize());
            store(block, at + shape.valuesOffset(), shape, values, scratch);
        }
    }

    private static void store(MemorySegment block, long at, KvShape shape, float[] values, Scratch scratch) {
        int size = Math.toIntExact(shape.type().bytes(shape.headSize()));
        byte[] encoded = scratch.bytes(size);
        QuantFormats.quantize(shape.type(), values, 0, shape.headSize(), encoded, 0);
        MemorySegment.copy(encoded, 0, block, ValueLayout.JAVA_BYTE, at, size);
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
        int headSize = cache.shape().headSize();
        int groupSize = heads / cache.shape().kvHeadCount();
        for (int head = fromHead; head < toHead; head++) {
            long from = ((long) token * heads + head) * headSize;
            ScalarAttention.attendHead(out, query, from, cache, head / groupSize, firstPosition, position);
        }
    }

    @Override
    public void swiGlu(Floats gate, Floats up, long from, long to) {
        Scratch scratch = Scratch.ofThread();
        float[] gates = scratch.inputs(STAGED);
        float[] ups = scratch.row(STAGED);
        for (long start = from; start < to; start += STAGED) {
            int count = (int) Math.min(STAGED, to - start);
            gate.read(start, gates, 0, count);
            up.read(start, ups, 0, count);
            for (int i = 0; i < count; i++) {
                float silu = (float) (gates[i] / (1 + Math.exp(-gates[i])));
                gates[i] = silu * ups[i];
            }
            gate.write(start, gates, 0, count);
        }
    }

    @Override
    public void add(Floats out, Floats x, long from, long to) {
        Scratch scratch = Scratch.ofThread();
        float[] sums = scratch.inputs(STAGED);
        float[] addends = scratch.row(STAGED);
        for (long start = from; start < to; start += STAGED) {
            int count = (int) Math.min(STAGED, to - start);
            out.read(start, sums, 0, count);
            x.read(start, addends, 0, count);
            for (int i = 0; i < count; i++) {
                sums[i] += addends[i];
            }
            out.write(start, sums, 0, count);
        }
    }
}
