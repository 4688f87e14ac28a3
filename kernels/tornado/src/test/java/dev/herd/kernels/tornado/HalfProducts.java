package dev.herd.kernels.tornado;

import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/** Runs products on matrix units, with what comes before them. */
final class HalfProducts {
    /** What sums may lose of {@code Σ_c |x[t, c] · w[r, c]|}; docs/adr/0017. */
    private static final double SUMS = 1e-4;

    /** More tokens than any test has. */
    private static final int MOST = 1 << 20;

    /** The same where both factors lose 2^-11. */
    static final double TOLERANCE = 0x1p-10 + SUMS;

    private HalfProducts() {}

    /** What a product with weights of this format may lose. */
    static double tolerance(DeviceFormat format) {
        return switch (format) {
            case F32 -> 1e-5;
            case F16, BF16 -> SUMS;
            case Q8_0, Q4_0, Q4_K, Q6_K -> TOLERANCE;
        };
    }

    /** Writes the range of a matrix behind its last row. */
    static void range(IntArray matrix, DeviceFormat format, int columns, int rows) {
        float largest = HalfRange.largest(matrix.getSegment(), format, columns, 0, rows);
        matrix.set(matrix.getSize() - 1, Float.floatToRawIntBits(HalfRange.factor(largest)));
    }

    /** {@link MmaMatMul#matMul} of inputs in float; every count of {@code step} is the number of tokens. */
    static void matMul(
            IntArray step, FloatArray out, FloatArray x, IntArray w, int format, int rows, int columns, int adds) {
        int tokens = step.get(Step.TOKENS);
        Inputs inputs = Inputs.of(step, x, columns, 1);
        FloatArray products = new FloatArray(Math.toIntExact(MmaMatMul.products(rows, tokens + 70)));
        int tile = MmaGeometry.tokens(format);
        Device.run(KernelCall.of(
                        "MmaMatMul.matMul",
                        bucket -> MmaMatMul.grid(rows, columns, GraphPlan.bucket(tokens, MOST), tile),
                        MmaMatMul::matMul,
                        step,
                        out,
                        products,
                        inputs.halves,
                        inputs.scales,
                        w,
                        format,
                        rows,
                        columns,
                        tile,
                        Step.TOKENS,
                        adds)
                .holding(MmaGeometry.held(tile)));
        if (MmaMatMul.canShare(rows, columns, tile)) {
            Device.run(KernelCall.of(
                    "MmaMatMul.addShares",
                    bucket -> MmaMatMul.sharesGrid(rows, columns, GraphPlan.bucket(tokens, MOST), tile),
                    MmaMatMul::addShares,
                    step,
                    out,
                    products,
                    inputs.scales,
                    w,
                    format,
                    rows,
                    columns,
                    tile,
                    Step.TOKENS,
                    adds));
        }
    }

    /** {@link MmaMatMul#expertMatMul} of inputs in float, {@code perToken} of them for each token of {@code step}. */
    static FloatArray expertMatMul(
            IntArray step,
            FloatArray x,
            IntArray w,
            IntArray order,
            IntArray offsets,
            int format,
            int rows,
            int columns,
            int perInput) {
        int assignments = order.getSize();
        int experts = offsets.getSize() / 2 - 1;
        Inputs inputs = Inputs.of(step, x, columns, assignments / perInput / step.get(Step.TOKENS));
        FloatArray out = new FloatArray(assignments * rows);
        FloatArray products = new FloatArray(Math.toIntExact(MmaMatMul.expertProducts(rows, assignments, experts)));
        Device.run(KernelCall.of(
                        "MmaMatMul.expertMatMul",
                        bucket -> MmaMatMul.expertGrid(rows, assignments, experts),
                        MmaMatMul::expertMatMul,
                        out,
                        products,
                        inputs.halves,
                        inputs.scales,
                        w,
                        order,
                        offsets,
                        format,
                        rows,
                        columns,
                        experts,
                        perInput)
                .holding(MmaGeometry.held(MmaMatMul.EXPERT_TILE)));
        return out;
    }

    /** Inputs as halves. */
    record Inputs(IntArray halves, FloatArray scales) {
        static Inputs of(IntArray step, FloatArray x, int columns, int perToken) {
            int rows = step.get(Step.TOKENS) * perToken;
            IntArray halves = new IntArray(rows * HalfInputs.rowWords(columns));
            FloatArray scales = new FloatArray(rows);
            Device.run(KernelCall.of(
                    "HalfInputs.pack",
                    bucket -> HalfInputs.grid(rows + 1),
                    HalfInputs::pack,
                    step,
                    halves,
                    scales,
                    x,
                    columns,
                    perToken,
                    Step.TOKENS));
            return new Inputs(halves, scales);
        }
    }
}
