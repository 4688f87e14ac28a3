package dev.herd.weights;

import static org.assertj.core.api.Assertions.assertThat;

import dev.herd.kernels.TensorType;
import dev.herd.kernels.WeightMatrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class HalfSplitRowsTest {
    private static final int COLUMNS = 64;

    static Stream<Arguments> matrices() {
        return IntStream.of(2, 4, 6, 12)
                .boxed()
                .flatMap(headSize -> Stream.of(
                        Arguments.of(headSize, plain(TensorType.F32, 3 * headSize)),
                        Arguments.of(headSize, plain(TensorType.BF16, 3 * headSize)),
                        Arguments.of(headSize, plain(TensorType.Q8_0, 3 * headSize)),
                        Arguments.of(headSize, fp8(3 * headSize)),
                        Arguments.of(headSize, int4(3 * headSize, true)),
                        Arguments.of(headSize, int4(3 * headSize, false))));
    }

    /** {@code [2, half]} of each head becomes {@code [half, 2]}, whatever the encoding. */
    @ParameterizedTest
    @MethodSource("matrices")
    void putsThePairsOfEachHeadSideBySide(int headSize, WeightMatrix matrix) {
        WeightMatrix adjacent = new HalfSplitRows(headSize).adjacent(matrix);

        float[] stored = WeightAssertions.elements(matrix);
        float[] reordered = WeightAssertions.elements(adjacent);
        assertThat(adjacent.getClass()).isEqualTo(matrix.getClass());
        for (int head = 0; head < 3; head++) {
            for (int pair = 0; pair < headSize / 2; pair++) {
                int first = head * headSize + pair;
                assertThat(row(reordered, head * headSize + 2 * pair)).isEqualTo(row(stored, first));
                assertThat(row(reordered, head * headSize + 2 * pair + 1)).isEqualTo(row(stored, first + headSize / 2));
            }
        }
    }

    @Test
    void headsOfOnePairStayAsTheyAre() {
        WeightMatrix matrix = plain(TensorType.F32, 8);

        assertThat(WeightAssertions.elements(new HalfSplitRows(2).adjacent(matrix)))
                .isEqualTo(WeightAssertions.elements(matrix));
    }

    private static float[] row(float[] elements, int row) {
        return Arrays.copyOfRange(elements, row * COLUMNS, (row + 1) * COLUMNS);
    }

    private static WeightMatrix plain(TensorType type, int rows) {
        MemorySegment data = random(type.bytes(COLUMNS) * rows, 0x3f);
        return new WeightMatrix.RowMajor(type, data, rows, COLUMNS);
    }

    private static WeightMatrix fp8(int rows) {
        return new WeightMatrix.Fp8(
                random((long) rows * COLUMNS, 0x3f), TensorType.BF16, random(2L * rows, 0x3f), rows, COLUMNS);
    }

    private static WeightMatrix int4(int rows, boolean hasZeroPoints) {
        int groups = 4;
        return new WeightMatrix.Int4(
                random(4L * rows * COLUMNS / 8, 0xff),
                TensorType.F32,
                random(4L * rows * groups, 0x3f),
                groups,
                hasZeroPoints ? random(4L * Math.ceilDiv(rows, 8) * groups, 0xff) : null,
                null,
                rows,
                COLUMNS);
    }

    /** Bytes of which {@code mask} clears the bits that would make infinities. */
    private static MemorySegment random(long size, int mask) {
        MemorySegment bytes = Arena.ofAuto().allocate(size, 8);
        Random random = new Random(size);
        for (long i = 0; i < size; i++) {
            bytes.set(ValueLayout.JAVA_BYTE, i, (byte) (random.nextInt() & mask));
        }
        return bytes;
    }
}
