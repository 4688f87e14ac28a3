package dev.herd.weights;

import dev.herd.kernels.WeightMatrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/**
 * The rows of query and key projections as Hugging Face keeps them for {@code llama}: in each head the first elements of
 * all rotary pairs, then the second ones. Herd's pairs are adjacent, as Meta's and GGUF's are, so the rows are copied in
 * that order when the checkpoint is opened; queries and keys reordered alike have the same products.
 *
 * @param headSize rows of one head, even
 */
record HalfSplitRows(int headSize) {
    private static final ValueLayout.OfInt I32 = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final int NIBBLES = 8;

    /** The same matrix with the rows of each head in adjacent pairs; encodings keep scales and zero points by their rows. */
    WeightMatrix adjacent(WeightMatrix matrix) {
        int rows = matrix.rows();
        return switch (matrix) {
            case WeightMatrix.RowMajor plain ->
                new WeightMatrix.RowMajor(plain.type(), reordered(plain.data(), rows), rows, plain.columns());
            case WeightMatrix.Fp8 fp8 ->
                new WeightMatrix.Fp8(
                        reordered(fp8.data(), rows),
                        fp8.scaleType(),
                        reordered(fp8.scales(), rows),
                        rows,
                        fp8.columns());
            case WeightMatrix.Int4 int4 ->
                new WeightMatrix.Int4(
                        reordered(int4.packed(), rows),
                        int4.scaleType(),
                        reordered(int4.scales(), rows),
                        int4.groups(),
                        reorderedNibbles(int4.zeroPoints(), rows, int4.groups()),
                        int4.groupIndex(),
                        rows,
                        int4.columns());
            case WeightMatrix.Transposed transposed ->
                throw new IllegalArgumentException("rows of a transposed matrix cannot be reordered");
        };
    }

    /** The stored row that belongs at {@code row}. */
    private int source(int row) {
        int inHead = row % headSize;
        return row - inHead + inHead % 2 * (headSize / 2) + inHead / 2;
    }

    private MemorySegment reordered(MemorySegment data, int rows) {
        long rowBytes = data.byteSize() / rows;
        MemorySegment copy = Arena.ofAuto().allocate(data.byteSize(), Long.BYTES);
        for (int row = 0; row < rows; row++) {
            MemorySegment.copy(data, source(row) * rowBytes, copy, row * rowBytes, rowBytes);
        }
        return copy;
    }

    /** Zero points lie eight rows to a word, so that each is moved by itself. */
    private @Nullable MemorySegment reorderedNibbles(@Nullable MemorySegment zeroPoints, int rows, int groups) {
        if (zeroPoints == null) {
            return null;
        }
        MemorySegment copy = Arena.ofAuto().allocate(zeroPoints.byteSize(), Integer.BYTES);
        for (int row = 0; row < rows; row++) {
            int from = source(row);
            for (int group = 0; group < groups; group++) {
                int word = zeroPoints.getAtIndex(I32, (long) (from / NIBBLES) * groups + group);
                int nibble = word >>> (4 * (from % NIBBLES)) & 15;
                long at = (long) (row / NIBBLES) * groups + group;
                copy.setAtIndex(I32, at, copy.getAtIndex(I32, at) | nibble << (4 * (row % NIBBLES)));
            }
        }
        return copy;
    }
}
