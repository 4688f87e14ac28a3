package dev.herd.kernels.tornado;

import dev.herd.kernels.Floats;
import dev.herd.kernels.Kernels;
import dev.herd.kernels.WeightMatrix;
import dev.herd.kernels.WeightMatrix.RowMajor;
import dev.herd.kernels.WeightMatrix.Transposed;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * Brings matrices from a checkpoint into the layouts of {@link DeviceFormat}. Rows may be packed by several threads at the
 * same time. What the device has no format for is decoded to F32, which is exact and eight times as large as 4 bits.
 */
public final class DeviceWeights {
    private static final ValueLayout.OfByte BYTE = ValueLayout.JAVA_BYTE;
    private static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    /** Where the scale lies in a Q6_K group of a file: behind everything else. */
    private static final int Q6K_SCALE = 208;

    private DeviceWeights() {}

    /**
     * Packs rows {@code [fromRow, toRow)} of a matrix.
     *
     * @param out words of the device's matrix, without a header
     * @param firstRow the row of {@code out} that row 0 of the matrix goes to: experts of a layer share one matrix
     * @param kernels decode what the device has no format for
     */
    public static void pack(
            MemorySegment out, long firstRow, WeightMatrix weights, int fromRow, int toRow, Kernels kernels) {
        DeviceFormat format = DeviceFormat.of(weights);
        long rowBytes = 4L * format.rowWords(weights.columns());
        for (int row = fromRow; row < toRow; row++) {
            MemorySegment target = out.asSlice((firstRow + row) * rowBytes, rowBytes);
            switch (weights) {
                case RowMajor matrix
                when matrix.type() == format.type() ->
                    packRow(target, format, matrix.data().asSlice(row * matrix.rowBytes(), matrix.rowBytes()));
                case Transposed matrix when matrix.type() == format.type() -> gatherRow(target, matrix, row);
                default -> decodeRow(target, weights, row, kernels);
            }
        }
    }

    private static void packRow(MemorySegment target, DeviceFormat format, MemorySegment row) {
        switch (format) {
            case F32, F16, BF16, Q4_K -> MemorySegment.copy(row, 0, target, 0, row.byteSize());
            case Q8_0, Q4_0 -> packGroups(target, format, row, 0);
            case Q6_K -> packGroups(target, format, row, Q6K_SCALE);
        }
    }

    /** Groups whose scale, two bytes at {@code scaleAt}, gets a word of its own, before or behind the rest. */
    private static void packGroups(MemorySegment target, DeviceFormat format, MemorySegment row, int scaleAt) {
        int groupBytes = format.type().quantGroupBytes();
        int targetBytes = 4 * format.groupWords();
        int quants = groupBytes - 2;
        boolean scaleIsFirst = scaleAt == 0;
        long to = 0;
        for (long at = 0; at < row.byteSize(); at += groupBytes) {
            int scale = row.get(SHORT, at + scaleAt) & 0xFFFF;
            target.set(INT, scaleIsFirst ? to : to + quants, scale);
            MemorySegment.copy(row, at + (scaleIsFirst ? 2 : 0), target, scaleIsFirst ? to + 4 : to, quants);
            to += targetBytes;
        }
    }

    private static void gatherRow(MemorySegment target, Transposed matrix, int row) {
        int size = matrix.type().quantGroupBytes();
        for (int column = 0; column < matrix.columns(); column++) {
            long element = (long) column * matrix.stride() + matrix.firstRow() + row;
            MemorySegment.copy(matrix.data(), BYTE, element * size, target, BYTE, (long) column * size, size);
        }
    }

    private static void decodeRow(MemorySegment target, WeightMatrix weights, int row, Kernels kernels) {
        try (Arena arena = Arena.ofConfined()) {
            Floats decoded = Floats.allocate(arena, weights.columns());
            kernels.dequantizeRow(decoded, 0, weights, row);
            MemorySegment.copy(
                    decoded.segment(), 0, target, 0, decoded.segment().byteSize());
        }
    }
}
