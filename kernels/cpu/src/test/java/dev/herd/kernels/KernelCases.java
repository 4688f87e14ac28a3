package dev.herd.kernels;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;

/** Inputs of the contract: sizes around lane edges, random data with printed seeds, matrices of every kind. */
public final class KernelCases {
    /** Bytes that give every format finite scales: zero, denormal, about 1, near the largest, and negative ones. */
    static final int[] BYTE_PATTERNS = {0x00, 0x01, 0x3C, 0x7B, 0x80, 0xBC, 0xFB};

    private static final int[] COUNTS = {1, 2, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 65, 127, 513, 1021};

    private KernelCases() {}

    /** Types that a weight can have. */
    public static Stream<TensorType> weightTypes() {
        return Arrays.stream(TensorType.values()).filter(QuantFormats::holdsWeights);
    }

    /** Types that a weight can have in groups of one. */
    public static Stream<TensorType> plainWeightTypes() {
        return weightTypes().filter(type -> !type.isQuantized());
    }

    /** Sizes from 1 to a real width, around lane edges and primes between. */
    public static Stream<Integer> sizes() {
        return Stream.concat(Arrays.stream(COUNTS).boxed(), Stream.of(2048, 5120));
    }

    /** Row lengths that {@code type} can have: edges and primes in groups, and a real width. */
    static List<Integer> columns(TensorType type) {
        List<Integer> columns = new ArrayList<>(List.of(0, 5120));
        for (int count : type.isQuantized() ? new int[] {1, 2, 3, 7, 9} : COUNTS) {
            columns.add(count * type.quantGroupSize());
        }
        return columns;
    }

    static Floats normal(Random random, long size, double deviation) {
        Floats floats = Floats.allocate(Arena.ofAuto(), size);
        for (long i = 0; i < size; i++) {
            floats.set(i, (float) (random.nextGaussian() * deviation));
        }
        return floats;
    }

    /** {@code size} quiet NaNs with a payload, so that an element that was never written shows. */
    static Floats untouched(long size) {
        Floats floats = Floats.allocate(Arena.ofAuto(), size);
        for (long i = 0; i < size; i++) {
            floats.set(i, Float.NaN);
        }
        return floats;
    }

    /** {@code bytes} of memory that starts at an odd address. */
    static MemorySegment unaligned(long bytes) {
        return Arena.ofAuto().allocate(bytes + 1, 64).asSlice(1);
    }

    static MemorySegment randomBytes(Random random, long size) {
        byte[] bytes = new byte[Math.toIntExact(size)];
        random.nextBytes(bytes);
        return unalignedCopy(bytes);
    }

    static MemorySegment unalignedCopy(byte[] bytes) {
        MemorySegment memory = unaligned(bytes.length);
        MemorySegment.copy(bytes, 0, memory, ValueLayout.JAVA_BYTE, 0, bytes.length);
        return memory;
    }

    /** Normally distributed weights, as trained ones are, at an odd address. */
    static WeightMatrix.RowMajor rowMajor(Random random, TensorType type, int rows, int columns) {
        return new WeightMatrix.RowMajor(type, encode(random, type, rows * columns), rows, columns);
    }

    static WeightMatrix.Transposed transposed(
            Random random, TensorType type, int rows, int columns, int stride, int firstRow) {
        MemorySegment data = encode(random, type, columns * stride);
        return new WeightMatrix.Transposed(type, data, rows, columns, stride, firstRow);
    }

    static WeightMatrix.Fp8 fp8(Random random, TensorType scaleType, int rows, int columns) {
        return new WeightMatrix.Fp8(
                encode(random, TensorType.F8_E4M3, rows * columns),
                scaleType,
                encode(random, scaleType, rows),
                rows,
                columns);
    }

    private static MemorySegment encode(Random random, TensorType type, int size) {
        float[] values = new float[size];
        for (int i = 0; i < size; i++) {
            values[i] = (float) (random.nextGaussian() * 0.02);
        }
        MemorySegment data = unaligned(type.bytes(size));
        if (type == TensorType.F64) {
            for (int i = 0; i < size; i++) {
                data.set(ValueLayout.JAVA_DOUBLE_UNALIGNED, 8L * i, random.nextGaussian() * 0.02);
            }
        } else {
            QuantFormats.quantize(type, values, 0, size, data, 0);
        }
        return data;
    }

    /** Packed integers with F16 scales, with or without zero points and group index. */
    static WeightMatrix.Int4 int4(
            Random random, int rows, int columns, int groups, boolean hasZeroPoints, boolean hasGroupIndex) {
        MemorySegment groupIndex = unaligned(4L * columns);
        for (int column = 0; column < columns; column++) {
            groupIndex.set(ValueLayout.JAVA_INT_UNALIGNED, 4L * column, random.nextInt(groups));
        }
        long zeroPointWords = (long) ((rows + 7) / 8) * groups;
        return new WeightMatrix.Int4(
                randomBytes(random, 4L * rows * WeightMatrix.Int4.wordsPerRow(columns)),
                TensorType.F16,
                encode(random, TensorType.F16, rows * groups),
                groups,
                hasZeroPoints ? randomBytes(random, 4 * zeroPointWords) : null,
                hasGroupIndex ? groupIndex : null,
                rows,
                columns);
    }
}
