package dev.herd.kernels.tornado;

import dev.herd.kernels.Floats;
import dev.herd.kernels.Kernels;
import dev.herd.kernels.KvView;
import dev.herd.kernels.QuantFormats;
import dev.herd.kernels.WeightMatrix;
import dev.herd.kernels.WeightMatrix.RowMajor;
import java.util.List;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * The device's kernels in the form of the CPU's, so that the contract of these holds for those: ranges of the host become
 * whole arrays of the device and back.
 */
final class DeviceKernels implements Kernels {
    private final DeviceProducts products;
    private final DeviceAttention attention = new DeviceAttention();

    /** @param form of products, whatever the number of tokens */
    DeviceKernels(DeviceProducts.Form form) {
        products = new DeviceProducts(form);
    }

    @Override
    public String name() {
        return "device";
    }

    @Override
    public boolean supports(WeightMatrix weights) {
        return !(weights instanceof RowMajor) || QuantFormats.holdsWeights(weights.type());
    }

    @Override
    public void matMul(Floats out, Floats x, WeightMatrix weights, int tokens, int fromRow, int toRow) {
        products.matMul(out, x, weights, tokens, fromRow, toRow);
    }

    @Override
    public void dequantizeRow(Floats out, long outFrom, WeightMatrix weights, int row) {
        products.dequantizeRow(out, outFrom, weights, row);
    }

    @Override
    public void rmsNorm(Floats out, Floats x, Floats weight, float epsilon, int size, int fromToken, int toToken) {
        long from = (long) fromToken * size;
        FloatArray inputs = copy(x, from, (long) toToken * size - from);
        FloatArray normed = new FloatArray(inputs.getSize());
        FloatArray weights = copy(weight, 0, size);
        IntArray step = Device.step(toToken - fromToken);
        Device.run(KernelCall.of(
                "Norms.rmsNorm",
                bucket -> Norms.grid(toToken - fromToken + 1),
                Norms::rmsNorm,
                step,
                normed,
                inputs,
                weights,
                epsilon,
                size,
                Step.TOKENS));
        put(out, from, normed, 0, normed.getSize());
    }

    @Override
    public void layerNorm(
            Floats out, Floats x, Floats weight, Floats bias, float epsilon, int size, int fromToken, int toToken) {
        long from = (long) fromToken * size;
        FloatArray inputs = copy(x, from, (long) toToken * size - from);
        FloatArray normed = new FloatArray(inputs.getSize());
        FloatArray weights = copy(weight, 0, size);
        FloatArray biases = copy(bias, 0, size);
        IntArray step = Device.step(toToken - fromToken);
        Device.run(new KernelCall(
                "Norms.layerNorm",
                List.of(step, normed, inputs, weights, biases, epsilon, size, Step.TILE_ROWS),
                (graph, id) -> graph.task(
                        id,
                        Norms::layerNorm,
                        Device.CONTEXT,
                        step,
                        normed,
                        inputs,
                        weights,
                        biases,
                        epsilon,
                        size,
                        Step.TILE_ROWS),
                bucket -> Norms.grid(toToken - fromToken + 1)));
        put(out, from, normed, 0, normed.getSize());
    }

    @Override
    public void qkNorm(Floats x, float epsilon, int heads, int headSize, int fromToken, int toToken) {
        FloatArray still = new FloatArray((toToken - fromToken) * headSize);
        for (int i = 0; i < still.getSize(); i += 2) {
            still.set(i, 1);
        }
        turn(x, still, new FloatArray(1), epsilon, heads, headSize, fromToken, toToken, KeyValues.LOCAL_NORMED);
    }

    @Override
    public void rope(Floats x, Floats rotations, int heads, int headSize, int fromToken, int toToken) {
        FloatArray angles = copy(rotations, (long) fromToken * headSize, (long) (toToken - fromToken) * headSize);
        turn(x, angles, new FloatArray(1), 0, heads, headSize, fromToken, toToken, KeyValues.LOCAL);
    }

    /** Heads have even sizes, so a row of odd size is one with a zero behind. */
    @Override
    public void scaleRows(Floats x, Floats factors, int size, int fromToken, int toToken) {
        int even = size + size % 2;
        int tokens = toToken - fromToken;
        Floats padded = Floats.copyOf(new float[tokens * even]);
        for (int token = 0; token < tokens; token++) {
            padded.copyFrom((long) token * even, x, (long) (fromToken + token) * size, size);
        }
        FloatArray own = copy(factors, fromToken, tokens);
        turn(padded, new FloatArray(1), own, 0, 1, even, 0, tokens, KeyValues.GLOBAL);
        for (int token = 0; token < tokens; token++) {
            x.copyFrom((long) (fromToken + token) * size, padded, (long) token * even, size);
        }
    }

    /** What happens to queries. */
    private static void turn(
            Floats x,
            FloatArray rotations,
            FloatArray factors,
            float epsilon,
            int heads,
            int headSize,
            int fromToken,
            int toToken,
            int kind) {
        int tokens = toToken - fromToken;
        long from = (long) fromToken * heads * headSize;
        FloatArray query = copy(x, from, (long) tokens * heads * headSize);
        FloatArray key = new FloatArray(tokens * headSize);
        FloatArray value = new FloatArray(tokens * headSize);
        IntArray cache = new IntArray(2 * tokens * headSize);
        DeviceAttention.place(
                tokens,
                tokens,
                query,
                key,
                value,
                rotations,
                factors,
                cache,
                heads,
                1,
                headSize,
                kind,
                epsilon,
                Weights.F32);
        put(x, from, query, 0, query.getSize());
    }

    @Override
    public void storeKeyValue(KvView cache, int position, Floats key, Floats value, int token) {
        attention.storeKeyValue(cache, position, key, value, token);
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
        attention.attend(out, query, cache, token, heads, firstPosition, position, fromHead, toHead);
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
        attention.attendAll(out, query, key, value, tokens, heads, headSize, fromHead, toHead);
    }

    @Override
    public void swiGlu(Floats gate, Floats up, long from, long to) {
        int size = Math.toIntExact(to - from);
        FloatArray gates = copy(gate, from, size);
        FloatArray ups = copy(up, from, size);
        IntArray step = Device.step(1);
        Device.run(KernelCall.of(
                "Elements.swiGlu",
                bucket -> Elements.grid(2, size),
                Elements::swiGlu,
                step,
                gates,
                ups,
                size,
                Step.TOKENS));
        put(gate, from, gates, 0, size);
    }

    @Override
    public void add(Floats out, Floats x, long from, long to) {
        int size = Math.toIntExact(to - from);
        if (size == 0) {
            return;
        }
        FloatArray sums = copy(out, from, size);
        FloatArray inputs = copy(x, from, size);
        IntArray step = Device.step(1);
        Device.run(KernelCall.of(
                "Elements.add",
                bucket -> Elements.grid(2, size),
                Elements::add,
                step,
                sums,
                inputs,
                size,
                Step.TOKENS));
        put(out, from, sums, 0, size);
    }

    @Override
    public void addBias(Floats x, Floats bias, int size, int fromToken, int toToken) {
        long from = (long) fromToken * size;
        FloatArray sums = copy(x, from, (long) toToken * size - from);
        FloatArray biases = copy(bias, 0, size);
        IntArray step = Device.step(toToken - fromToken);
        Device.run(KernelCall.of(
                "Elements.addBias",
                bucket -> Elements.grid(toToken - fromToken + 1, size),
                Elements::addBias,
                step,
                sums,
                biases,
                size,
                Step.TILE_ROWS));
        put(x, from, sums, 0, sums.getSize());
    }

    @Override
    public void gelu(Floats x, long from, long to) {
        int size = Math.toIntExact(to - from);
        FloatArray values = copy(x, from, size);
        IntArray step = Device.step(1);
        Device.run(new KernelCall(
                "Elements.gelu",
                List.of(step, values, size, Step.TILE_ROWS),
                (graph, id) -> graph.task(id, Elements::gelu, Device.CONTEXT, step, values, size, Step.TILE_ROWS),
                bucket -> Elements.grid(2, size)));
        put(x, from, values, 0, size);
    }

    /** A range of the host's as an array of the device's. */
    static FloatArray copy(Floats source, long from, long length) {
        return FloatArray.fromArray(source.toArray(from, Math.toIntExact(length)));
    }

    /** And back. */
    static void put(Floats target, long to, FloatArray source, int from, int length) {
        target.write(to, source.toHeapArray(), from, length);
    }
}
