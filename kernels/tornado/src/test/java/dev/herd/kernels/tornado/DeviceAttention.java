package dev.herd.kernels.tornado;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.herd.kernels.Floats;
import dev.herd.kernels.Kernels;
import dev.herd.kernels.KernelsSelector;
import dev.herd.kernels.KvShape;
import dev.herd.kernels.KvView;
import dev.herd.kernels.WeightMatrix;
import dev.herd.kernels.WeightMatrix.RowMajor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Optional;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/** The cache and attention as {@link DeviceKernels} has them: blocks of the host's become one cache of the device's. */
final class DeviceAttention {
    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED;
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED;

    private final Kernels scalar = KernelsSelector.select(Optional.of("scalar")).kernels();

    /** Places tokens at the first positions of one block. */
    static void place(
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
    void storeKeyValue(KvView cache, int position, Floats key, Floats value, int token) {
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
        FloatArray keys = DeviceKernels.copy(key, (long) token * size, size);
        FloatArray values = DeviceKernels.copy(value, (long) token * size, size);
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

    void attend(
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
        FloatArray queries = DeviceKernels.copy(query, (long) token * size, size);
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
                places,
                attended,
                partial,
                heads,
                headSize,
                splits,
                0);
        Device.run(combine);
        int runLength = RunAttention.runLength(heads, shape.kvHeadCount(), headSize);
        if (Device.hasDp4a() && runLength > 0) {
            float[] portable = attended.toHeapArray();
            Step.writeRuns(step, places, new int[1], runLength, 0);
            partial.init(Float.NaN);
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
        if (Device.hasDp4a()
                && FewAttention.takes(
                        heads, shape.kvHeadCount(), headSize, format(shape).code())) {
            float[] portable = attended.toHeapArray();
            partial.init(Float.NaN);
            Device.run(KernelCall.of(
                    "FewAttention.attend",
                    bucket -> FewAttention.grid(shape.kvHeadCount(), 2, splits),
                    FewAttention::attend,
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
                    0));
            Device.run(combine);
            assertThat(attended.toHeapArray()).containsExactly(portable, within(1e-4f));
        }
        int tokens = AttentionTile.runLength(
                heads, shape.kvHeadCount(), headSize, format(shape).code());
        if (Device.hasMma() && tokens > 0) {
            float[] portable = attended.toHeapArray();
            Step.writeRuns(step, places, new int[1], tokens, 0);
            FloatArray sums = new FloatArray(Math.toIntExact(AttentionTile.sums(shape.kvHeadCount(), headSize, 1)));
            attended.init(Float.NaN);
            Device.run(KernelCall.of(
                    "MmaAttention.attend",
                    bucket -> MmaAttention.grid(shape.kvHeadCount(), 2, 1),
                    MmaAttention::attend,
                    step,
                    places,
                    tables,
                    layer,
                    attended,
                    sums,
                    queries,
                    words,
                    heads,
                    shape.kvHeadCount(),
                    headSize,
                    shape.blockSize(),
                    cache.stride(),
                    KeyValues.LOCAL,
                    1));
            assertThat(attended.toHeapArray()).containsExactly(portable, within(4e-3f));
            attended = FloatArray.fromArray(portable);
        }
        DeviceKernels.put(
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

    void attendAll(
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
        FloatArray queries = DeviceKernels.copy(query, 0, size);
        FloatArray keys = DeviceKernels.copy(key, 0, size);
        FloatArray values = DeviceKernels.copy(value, 0, size);
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
            DeviceKernels.put(out, at, attended, at, (toHead - fromHead) * headSize);
        }
    }
}
