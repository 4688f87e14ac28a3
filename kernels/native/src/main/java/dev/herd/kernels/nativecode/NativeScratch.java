package dev.herd.kernels.nativecode;

import dev.herd.kernels.KvShape;
import dev.herd.kernels.KvView;
import dev.herd.kernels.TensorType;
import dev.herd.kernels.WeightMatrix;
import dev.herd.kernels.WeightMatrix.Fp8;
import dev.herd.kernels.WeightMatrix.Int4;
import dev.herd.kernels.WeightMatrix.RowMajor;
import dev.herd.kernels.WeightMatrix.Transposed;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/**
 * Memory of one thread for its calls into C: working memory, grown on demand and kept, and the descriptors of a matrix
 * and of a cache, which are arrays of longs laid out as the structs of {@code herd.h}.
 */
final class NativeScratch {
    private static final ThreadLocal<NativeScratch> OF_THREAD = ThreadLocal.withInitial(NativeScratch::new);
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;
    private static final long ALIGNMENT = 64;
    private static final int MATRIX_FIELDS = 12;
    private static final int CACHE_FIELDS = 6;

    private final MemorySegment matrix = allocate(MATRIX_FIELDS * LONG.byteSize());
    private MemorySegment cache = allocate(CACHE_FIELDS * LONG.byteSize());
    private MemorySegment working = allocate(0);

    private NativeScratch() {}

    static NativeScratch ofThread() {
        return OF_THREAD.get();
    }

    private static MemorySegment allocate(long bytes) {
        return Arena.ofAuto().allocate(bytes, ALIGNMENT);
    }

    /** Address of at least {@code bytes} of working memory. */
    long working(long bytes) {
        if (working.byteSize() < bytes) {
            working = allocate(bytes);
        }
        return working.address();
    }

    /** Address of the descriptor of {@code weights}. Without a switch, of which the JVM keeps none in its AOT cache. */
    long describe(WeightMatrix weights) {
        if (weights instanceof RowMajor m) {
            describe(0, m.type(), m.data(), m, 0, 0, null, null, 0, null, null);
        } else if (weights instanceof Transposed m) {
            describe(1, m.type(), m.data(), m, m.stride(), m.firstRow(), null, null, 0, null, null);
        } else if (weights instanceof Fp8 m) {
            describe(2, m.type(), m.data(), m, 0, 0, m.scaleType(), m.scales(), 0, null, null);
        } else {
            Int4 m = (Int4) weights;
            describe(
                    3,
                    m.type(),
                    m.packed(),
                    m,
                    0,
                    0,
                    m.scaleType(),
                    m.scales(),
                    m.groups(),
                    m.zeroPoints(),
                    m.groupIndex());
        }
        return matrix.address();
    }

    private void describe(
            int layout,
            TensorType type,
            MemorySegment data,
            WeightMatrix shape,
            long stride,
            long firstRow,
            @Nullable TensorType scaleType,
            @Nullable MemorySegment scales,
            long groups,
            @Nullable MemorySegment zeroPoints,
            @Nullable MemorySegment groupIndex) {
        matrix.setAtIndex(LONG, 0, layout);
        matrix.setAtIndex(LONG, 1, typeNumber(type));
        matrix.setAtIndex(LONG, 2, data.address());
        matrix.setAtIndex(LONG, 3, shape.rows());
        matrix.setAtIndex(LONG, 4, shape.columns());
        matrix.setAtIndex(LONG, 5, stride);
        matrix.setAtIndex(LONG, 6, firstRow);
        matrix.setAtIndex(LONG, 7, scaleType == null ? 0 : typeNumber(scaleType));
        matrix.setAtIndex(LONG, 8, address(scales));
        matrix.setAtIndex(LONG, 9, groups);
        matrix.setAtIndex(LONG, 10, address(zeroPoints));
        matrix.setAtIndex(LONG, 11, address(groupIndex));
    }

    private static long address(@Nullable MemorySegment memory) {
        return memory == null ? 0 : memory.address();
    }

    /** The number that C knows a type by: GGUF's, where there is one. */
    static long typeNumber(TensorType type) {
        return type == TensorType.F8_E4M3 ? 1000 : type.ggmlId();
    }

    /**
     * Address of the descriptor of the blocks that hold positions {@code [first, last]}.
     *
     * @throws IndexOutOfBoundsException if a block is too small for the layer
     */
    long describe(KvView view, int first, int last) {
        KvShape shape = view.shape();
        int firstBlock = first / shape.blockSize();
        int lastBlock = last / shape.blockSize();
        long bytes = (CACHE_FIELDS + 1L + lastBlock - firstBlock) * LONG.byteSize();
        if (cache.byteSize() < bytes) {
            cache = allocate(2 * bytes);
        }
        cache.setAtIndex(LONG, 0, typeNumber(shape.type()));
        cache.setAtIndex(LONG, 1, shape.kvHeadCount());
        cache.setAtIndex(LONG, 2, shape.headSize());
        cache.setAtIndex(LONG, 3, shape.blockSize());
        cache.setAtIndex(LONG, 4, shape.valuesOffset());
        cache.setAtIndex(LONG, 5, firstBlock);
        for (int block = firstBlock; block <= lastBlock; block++) {
            cache.setAtIndex(
                    LONG, CACHE_FIELDS + (long) block - firstBlock, layerAddress(view, block * shape.blockSize()));
        }
        return cache.address();
    }

    /** Where the layer's keys start in the block that holds {@code position}. */
    static long layerAddress(KvView view, int position) {
        MemorySegment block = view.block(position);
        if (view.offset() < 0 || view.offset() + view.shape().layerBytes() > block.byteSize()) {
            throw new IndexOutOfBoundsException("a layer of " + view.shape().layerBytes() + " bytes at " + view.offset()
                    + " does not fit a block of " + block.byteSize());
        }
        return block.address() + view.offset();
    }
}
