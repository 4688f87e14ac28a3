package dev.herd.kernels.tornado;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/** Products whose columns several groups share, where there are few tiles, in whole numbers, which no form rounds. */
final class SharedColumnsTest {
    private static final int ONE_AS_HALF = 0x3C00;

    @ParameterizedTest(name = "{0} tokens, {1} rows, {2} columns, adds {3}")
    @CsvSource({"3, 9, 1024, 1", "3, 9, 1024, 0", "129, 130, 512, 1", "40, 5, 2592, 0", "9, 3, 32, 1"})
    void sharesAddUp(int tokens, int rows, int columns, int adds) {
        FloatArray x = new FloatArray(tokens * columns);
        for (int i = 0; i < x.getSize(); i++) {
            x.set(i, i % 5 - 2);
        }
        FloatArray out = new FloatArray(tokens * rows);
        out.init(7);

        IntArray w = weights(rows, columns);
        if (Device.hasMma()) {
            HalfProducts.matMul(Device.step(tokens), out, x, w, Weights.Q8_0, rows, columns, adds);
        } else {
            Device.run(KernelCall.of(
                    "MatMul.matMul",
                    bucket -> MatMul.grid(rows, tokens),
                    MatMul::matMul,
                    Device.step(tokens),
                    out,
                    x,
                    w,
                    Weights.Q8_0,
                    rows,
                    columns,
                    Step.TOKENS,
                    adds));
        }

        for (int token = 0; token < tokens; token++) {
            for (int row = 0; row < rows; row++) {
                int sum = adds == 1 ? 7 : 0;
                for (int column = 0; column < columns; column++) {
                    sum += ((token * columns + column) % 5 - 2) * level(row, column);
                }
                assertThat(out.get(token * rows + row))
                        .as("token %d, row %d", token, row)
                        .isEqualTo(sum);
            }
        }
    }

    /** What the kernel asks for, it must get: groups that are not there leave their columns out. */
    @ParameterizedTest
    @ValueSource(ints = {64, 128})
    void gridsHaveAllSharesOfAnyNumberOfTokens(int tile) {
        for (int rows : new int[] {32, 1024, 5120, 8192, 19200, 202048}) {
            for (int columns : new int[] {256, 512, 5120, 8192}) {
                for (int largest : new int[] {264, 512, 1100}) {
                    for (int tokens = 9; tokens <= largest; tokens++) {
                        int shares = MmaGeometry.shares(rows, columns, tokens, tile);
                        int bucket = GraphPlan.bucket(tokens, largest);
                        long groups =
                                MmaMatMul.grid(rows, columns, bucket, tile).getGlobalWork()[2];
                        long summed = MmaMatMul.sharesGrid(rows, columns, bucket, tile)
                                .getGlobalWork()[1];
                        String what = tokens + " tokens of " + largest + ", " + rows + " rows of " + columns;

                        assertThat(groups).as(what).isGreaterThanOrEqualTo(shares);
                        if (Integer.bitCount(bucket) == 1) {
                            assertThat(groups).as(what).isEqualTo(shares);
                        }
                        if (shares > 1) {
                            assertThat(MmaMatMul.canShare(rows, columns, tile))
                                    .as(what)
                                    .isTrue();
                            assertThat(summed).as(what).isEqualTo(bucket);
                        } else if (Integer.bitCount(bucket) == 1) {
                            assertThat(summed).as(what).isEqualTo(1);
                        }
                    }
                }
            }
        }
    }

    /** The vision tower counts patches: several times what its grids are named after. */
    @ParameterizedTest
    @ValueSource(ints = {64, 128})
    void gridsHaveAllSharesOfAnyNumberOfTiles(int tile) {
        for (int rows : new int[] {1408, 4224, 5632}) {
            for (int perTile : new int[] {17, 144, 577}) {
                for (int tiles = 1; tiles <= 16; tiles++) {
                    int bucket = GraphPlan.bucket(tiles, 16);

                    assertThat(MmaMatMul.grid(rows, 1408, perTile * bucket, tile)
                                    .getGlobalWork()[2])
                            .as("%d tiles of %d patches, %d rows", tiles, perTile, rows)
                            .isGreaterThanOrEqualTo(MmaGeometry.shares(rows, 1408, perTile * tiles, tile));
                }
            }
        }
    }

    private static int level(int row, int column) {
        return (31 * row + 7 * column) % 255 - 127;
    }

    private static IntArray weights(int rows, int columns) {
        int rowWords = DeviceFormat.Q8_0.rowWords(columns);
        IntArray w = new IntArray(rows * rowWords + 1);
        for (int row = 0; row < rows; row++) {
            for (int column = 0; column < columns; column++) {
                int group = row * rowWords + column / 32 * 9;
                int at = group + 1 + column % 32 / 4;
                w.set(group, ONE_AS_HALF);
                w.set(at, w.get(at) | ((level(row, column) & 255) << (8 * (column % 4))));
            }
        }
        HalfProducts.range(w, DeviceFormat.Q8_0, columns, rows);
        return w;
    }
}
