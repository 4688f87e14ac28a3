package dev.herd.kernels.tornado;

import dev.herd.kernels.TensorType;
import dev.herd.kernels.WeightMatrix;

/**
 * How a weight matrix lies on the device: rows one after the other, each in whole 32-bit words of one IntArray, so that a
 * kernel takes one argument per matrix and loads words. Kernels are given {@link #code()} as an int, which TornadoVM
 * compiles in, so that of all formats one is left in each compiled kernel.
 *
 * <p>The quantised formats keep GGUF's order of elements inside a group: Q4_K is the file's bytes as they are, the others
 * get two bytes of padding per group, so that groups start at words. The scales stay halves, decoded by arithmetic.
 *
 * <table>
 * <caption>Layouts</caption>
 * <tr><th>format</th><th>columns per group</th><th>words per group</th><th>bits per weight</th><th>words</th></tr>
 * <tr><td>F32</td><td>1</td><td>1</td><td>32</td><td>the float's bits</td></tr>
 * <tr><td>F16, BF16</td><td>2</td><td>1</td><td>16</td><td>even column low, odd column high</td></tr>
 * <tr><td>Q8_0</td><td>32</td><td>9</td><td>9</td><td>scale; 8 words of four columns</td></tr>
 * <tr><td>Q4_0</td><td>32</td><td>5</td><td>5</td><td>scale; word k: columns 4k.. in the low nibbles, 16 + 4k.. in the
 *     high ones</td></tr>
 * <tr><td>Q4_K</td><td>256</td><td>36</td><td>4.5</td><td>scale and offset scale; 3 words of 6-bit scales and offsets;
 *     32 words of nibbles</td></tr>
 * <tr><td>Q6_K</td><td>256</td><td>53</td><td>6.625</td><td>32 words of low nibbles; 16 of high bit pairs; 4 of scales;
 *     scale</td></tr>
 * </table>
 */
public enum DeviceFormat {
    F32(Weights.F32, TensorType.F32, 1, 1),
    F16(Weights.F16, TensorType.F16, 2, 1),
    BF16(Weights.BF16, TensorType.BF16, 2, 1),
    Q8_0(Weights.Q8_0, TensorType.Q8_0, 32, 9),
    Q4_0(Weights.Q4_0, TensorType.Q4_0, 32, 5),
    Q4_K(Weights.Q4_K, TensorType.Q4_K, 256, 36),
    Q6_K(Weights.Q6_K, TensorType.Q6_K, 256, 53);

    private final int code;
    private final TensorType type;
    private final int groupColumns;
    private final int groupWords;

    DeviceFormat(int code, TensorType type, int groupColumns, int groupWords) {
        this.code = code;
        this.type = type;
        this.groupColumns = groupColumns;
        this.groupWords = groupWords;
    }

    /**
     * The format that a matrix is kept in: its own if the device has it, BF16 and F16 also from transposed matrices; F32
     * for everything else, which {@link DeviceWeights} decodes.
     */
    public static DeviceFormat of(WeightMatrix weights) {
        if (weights instanceof WeightMatrix.RowMajor || weights instanceof WeightMatrix.Transposed) {
            for (DeviceFormat format : values()) {
                if (format.type == weights.type()) {
                    return format;
                }
            }
        }
        return F32;
    }

    /** The constant of {@link Weights} that stands for this format in kernels. */
    public int code() {
        return code;
    }

    /** The same encoding in a checkpoint. */
    public TensorType type() {
        return type;
    }

    /** Words of a row of {@code columns}. */
    public int rowWords(int columns) {
        if (type.isQuantized() && columns % groupColumns != 0) {
            throw new IllegalArgumentException(columns + " columns are no whole groups of " + type);
        }
        return Math.multiplyExact(Math.ceilDiv(columns, groupColumns), groupWords);
    }

    /** Words of a group of columns. */
    int groupWords() {
        return groupWords;
    }

    /** Bytes that {@code rows} rows take on the device. */
    public long bytes(long rows, int columns) {
        return Math.multiplyExact(4L * rowWords(columns), rows);
    }
}
