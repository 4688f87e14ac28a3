package dev.herd.kernels.tornado;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.herd.kernels.Floats;
import dev.herd.kernels.Kernels;
import dev.herd.kernels.KernelsSelector;
import dev.herd.kernels.KvShape;
import dev.herd.kernels.KvView;
import dev.herd.kernels.QuantFormats;
import dev.herd.kernels.WeightMatrix;
import dev.herd.kernels.WeightMatrix.RowMajor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Optional;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * The device's kernels in the form of the CPU's, so that the contract of these holds for those: ranges of the host become
 * whole arrays of the device and back.
 */
final class DeviceKernels implements Kernels {
    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED;
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED;

    /** Which products. */
    enum Products {
        /** For few tokens, in float. */
        FEW,
        /** For few tokens, with rounded inputs where the matrix is quantised. */
        ROUNDED,
        /** For many tokens and few rows. */
        NARROW,
        /** For many tokens, in float. */
        TILES,
        /** For many tokens, in halves on matrix units where the format is one for these. */
        HALVES
    }

    private final Products form;
    private final Kernels scalar = KernelsSelector.select(Optional.of("scalar")).kernels();

    /** @param form of products, whatever the number of tokens */
    DeviceKernels(Products form) {
        this.form = form;
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
        int rows = toRow - fromRow;
        int columns = weights.columns();
        IntArray matrix = pack(weights, fromRow, toRow);
        if (rows == 0 || tokens == 0) {
            return;
        }
        int format = DeviceFormat.of(weights).code();
        FloatArray inputs = copy(x, 0, (long) tokens * columns);
        FloatArray products = new FloatArray(tokens * rows);
        IntArray step = Device.step(tokens);
        if (form == Products.ROUNDED && RoundedRows.takes(DeviceFormat.of(weights))) {
            Rounded.matMul(tokens, products, inputs, matrix, DeviceFormat.of(weights), rows, columns);
        } else if (form == Products.HALVES && ProductCalls.isForHalves(DeviceFormat.of(weights), columns)) {
            HalfProducts.matMul(step, products, inputs, matrix, format, rows, columns, 0);
        } else if (form == Products.NARROW) {
            Device.run(KernelCall.of(
                    "NarrowMatMul.matMul",
                    bucket -> NarrowMatMul.grid(rows, tokens + 5),
                    NarrowMatMul::matMul,
                    step,
                    products,
                    inputs,
                    matrix,
                    format,
                    rows,
                    columns,
                    0));
        } else if (form != Products.FEW && form != Products.ROUNDED) {
            Device.run(KernelCall.of(
                    "MatMul.matMul",
                    bucket -> MatMul.grid(rows, tokens + 5),
                    MatMul::matMul,
                    step,
                    products,
                    inputs,
                    matrix,
                    format,
                    rows,
                    columns,
                    0,
                    0));
        } else {
            Device.run(KernelCall.of(
                    "MatVec.matVec",
                    bucket -> MatVec.grid(rows),
                    MatVec::matVec,
                    step,
                    products,
                    inputs,
                    matrix,
                    format,
                    rows,
                    columns,
                    0,
                    0));
        }
        for (int token = 0; token < tokens; token++) {
            put(out, (long) token * weights.rows() + fromRow, products, token * rows, rows);
        }
    }

    private IntArray pack(WeightMatrix weights, int fromRow, int toRow) {
        DeviceFormat format = DeviceFormat.of(weights);
        int words = (toRow - fromRow) * format.rowWords(weights.columns());
        IntArray matrix = new IntArray(words + 1);
        DeviceWeights.pack(matrix.getSegment(), -fromRow, weights, fromRow, toRow, scalar);
        HalfProducts.range(matrix, format, weights.columns(), toRow - fromRow);
        return matrix;
    }

    @Override
    public void dequantizeRow(Floats out, long outFrom, WeightMatrix weights, int row) {
        int columns = weights.columns();
        int format = DeviceFormat.of(weights).code();
        IntArray step = Device.step(1);
        IntArray places = new IntArray(Step.PLACE);
        places.set(Step.TOKEN_ID, row);
        places.set(Step.IMAGE_ROW, -1);
        IntArray table = pack(weights, 0, weights.rows());
        FloatArray hidden = new FloatArray(columns);
        FloatArray images = new FloatArray(1);
        Device.run(KernelCall.of(
                "Embedding.embed",
                bucket -> Embedding.grid(2),
                Embedding::embed,
                step,
                places,
                hidden,
                table,
                images,
                format,
                columns));
        put(out, outFrom, hidden, 0, columns);
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
        place(
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

    /** Places tokens at the first positions of one block. */
    private static void place(
            int tokens,
            int blockSize,
            FloatArray query,
            FloatArray key,
            FloatArray value,
            FloatArray rotations,
            FloatArray factors,
            IntArray cache,
            int heads,
            int kvHeads,
            int headSize,
            int kind,
            float epsilon,
            int format) {
        IntArray step = Device.step(tokens);
        IntArray places = new IntArray(tokens * Step.PLACE);
        for (int token = 0; token < tokens; token++) {
            places.set(token * Step.PLACE + Step.POSITION, token);
        }
        IntArray tables = new IntArray(1);
        IntArray layer = new IntArray(1);
        Device.run(KernelCall.of(
                "KeyValues.place",
                bucket -> KeyValues.grid(heads, kvHeads, tokens + 1),
                KeyValues::place,
                step,
                places,
                tables,
                layer,
                query,
                key,
                value,
                rotations,
                factors,
                cache,
                heads,
                kvHeads,
                headSize,
                blockSize,
                1,
                kind,
                epsilon,
                format));
    }

    /** Through a cache of the one block, in which the token stands where it does in the whole one. */
    @Override
    public void storeKeyValue(KvView cache, int position, Floats key, Floats value, int token) {
        KvShape shape = cache.shape();
        int size = shape.kvHeadCount() * shape.headSize();
        int format = format(shape).code();
        MemorySegment block = layer(cache, position);
        IntArray words = packBlock(shape, block);
        IntArray step = Device.step(1);
        IntArray places = new IntArray(Step.PLACE);
        places.set(Step.POSITION, position % shape.blockSize());
        IntArray tables = new IntArray(1);
        IntArray layer = new IntArray(1);
        FloatArray query = new FloatArray(shape.headSize());
        FloatArray keys = copy(key, (long) token * size, size);
        FloatArray values = copy(value, (long) token * size, size);
        FloatArray rotations = new FloatArray(1);
        FloatArray factors = FloatArray.fromElements(1);
        Device.run(KernelCall.of(
                "KeyValues.place",
                bucket -> KeyValues.grid(1, shape.kvHeadCount(), 1),
                KeyValues::place,
                step,
                places,
                tables,
                layer,
                query,
                keys,
                values,
                rotations,
                factors,
                words,
                1,
                shape.kvHeadCount(),
                shape.headSize(),
                shape.blockSize(),
                1,
                KeyValues.GLOBAL,
                0f,
                format));
        unpackBlock(shape, words, block);
    }

    private static DeviceFormat format(KvShape shape) {
        return DeviceFormat.valueOf(shape.type().name());
    }

    private static MemorySegment layer(KvView cache, int position) {
        return cache.block(position).asSlice(cache.offset(), cache.shape().layerBytes());
    }

    private IntArray packBlock(KvShape shape, MemorySegment block) {
        int rows = 2 * shape.kvHeadCount() * shape.blockSize();
        WeightMatrix matrix = new RowMajor(shape.type(), block, rows, shape.headSize());
        IntArray words = new IntArray(rows * DeviceFormat.of(matrix).rowWords(shape.headSize()));
        DeviceWeights.pack(words.getSegment(), 0, matrix, 0, rows, scalar);
        return words;
    }

    private static void unpackBlock(KvShape shape, IntArray words, MemorySegment block) {
        MemorySegment packed = words.getSegment();
        if (format(shape) != DeviceFormat.Q8_0) {
            block.copyFrom(packed);
            return;
        }
        for (int group = 0; group < packed.byteSize() / 36; group++) {
            block.set(SHORT, group * 34L, (short) packed.get(INT, group * 36L));
            MemorySegment.copy(packed, group * 36L + 4, block, group * 34L + 2, 32);
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
        KvShape shape = cache.shape();
        int headSize = shape.headSize();
        int size = heads * headSize;
        int splits = position % 2 == 0 ? 1 : 3; // each number is a kernel to compile
        FloatArray queries = copy(query, (long) token * size, size);
        FloatArray attended = new FloatArray(size);
        FloatArray partial = new FloatArray(Attention.partialSize(1, splits, heads, headSize));
        IntArray step = Device.step(1);
        IntArray places = new IntArray(Step.PLACE);
        places.set(Step.POSITION, position);
        places.set(Step.LOCAL_FIRST, firstPosition);
        places.set(Step.LOCAL_TABLE, 2);
        IntArray layer = IntArray.fromElements(cache.unit());
        int tableSize = (position / shape.blockSize() + 1) * cache.stride();
        IntArray tables = new IntArray(2 + tableSize);
        MemorySegment.copy(cache.ids(), 0, tables.getSegment(), INT, 8, tableSize);
        IntArray words = packCache(cache, firstPosition, position);
        Device.run(KernelCall.of(
                "Attention.attend",
                bucket -> Attention.grid(shape.kvHeadCount(), 2, splits),
                Attention::attend,
                step,
                places,
                tables,
                layer,
                partial,
                queries,
                words,
                heads,
                shape.kvHeadCount(),
                headSize,
                shape.blockSize(),
                cache.stride(),
                KeyValues.LOCAL,
                format(shape).code(),
                splits));
        KernelCall combine = KernelCall.of(
                "Attention.combine",
                bucket -> Attention.combineGrid(heads, 2),
                Attention::combine,
                step,
                attended,
                partial,
                heads,
                headSize,
                splits);
        Device.run(combine);
        int runLength = RunAttention.runLength(heads, shape.kvHeadCount(), headSize);
        if (Device.DEVICE.library().capabilities().hasDp4a() && runLength > 0) {
            float[] portable = attended.toHeapArray();
            Step.writeRuns(step, places, new int[1], runLength);
            Device.run(KernelCall.of(
                    "RunAttention.attend",
                    bucket -> RunAttention.grid(shape.kvHeadCount(), 2, splits),
                    RunAttention::attend,
                    step,
                    places,
                    tables,
                    layer,
                    partial,
                    queries,
                    words,
                    heads,
                    shape.kvHeadCount(),
                    headSize,
                    shape.blockSize(),
                    cache.stride(),
                    KeyValues.LOCAL,
                    format(shape).code(),
                    splits,
                    runLength));
            Device.run(combine);
            assertThat(attended.toHeapArray()).containsExactly(portable, within(1e-4f));
        }
        put(
                out,
                (long) token * size + (long) fromHead * headSize,
                attended,
                fromHead * headSize,
                (toHead - fromHead) * headSize);
    }

    /** The blocks that hold a stretch of positions, where the block table says; others are zero. */
    private IntArray packCache(KvView cache, int first, int last) {
        KvShape shape = cache.shape();
        int blocks = 0;
        for (int id : cache.ids()) {
            blocks = Math.max(blocks, id + 1);
        }
        int blockWords =
                2 * shape.kvHeadCount() * shape.blockSize() * format(shape).rowWords(shape.headSize());
        IntArray words = new IntArray(blocks * blockWords);
        for (int position = first; position <= last; position++) {
            if (position == first || position % shape.blockSize() == 0) {
                int id = cache.ids()[position / shape.blockSize() * cache.stride() + cache.unit()];
                MemorySegment packed = packBlock(shape, layer(cache, position)).getSegment();
                MemorySegment.copy(packed, 0, words.getSegment(), 4L * id * blockWords, packed.byteSize());
            }
        }
        return words;
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
        long size = (long) tokens * heads * headSize;
        FloatArray queries = copy(query, 0, size);
        FloatArray keys = copy(key, 0, size);
        FloatArray values = copy(value, 0, size);
        FloatArray attended = new FloatArray(Math.toIntExact(size));
        IntArray step = Device.step(tokens);
        Device.run(new KernelCall(
                "Vision.attend",
                List.of(step, attended, queries, keys, values, heads, headSize, tokens),
                (graph, id) -> graph.task(
                        id,
                        Vision::attend,
                        Device.CONTEXT,
                        step,
                        attended,
                        queries,
                        keys,
                        values,
                        heads,
                        headSize,
                        tokens),
                bucket -> Vision.attendGrid(heads, tokens + 1)));
        for (int token = 0; token < tokens; token++) {
            int at = (token * heads + fromHead) * headSize;
            put(out, at, attended, at, (toHead - fromHead) * headSize);
        }
    }

    private static FloatArray copy(Floats source, long from, long length) {
        return FloatArray.fromArray(source.toArray(from, Math.toIntExact(length)));
    }

    private static void put(Floats target, long to, FloatArray source, int from, int length) {
        target.write(to, source.toHeapArray(), from, length);
    }
}
