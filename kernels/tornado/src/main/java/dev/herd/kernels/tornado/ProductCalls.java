package dev.herd.kernels.tornado;

import java.util.List;
import java.util.function.IntUnaryOperator;
import org.jspecify.annotations.Nullable;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * Products with many tokens, in the form that the device gets: in halves on matrix units, or in float, as are those with
 * weights of 32 bits everywhere, which are few: routers.
 */
final class ProductCalls {
    private final IntArray step;
    private final @Nullable HalfBuffers halves;

    /** @param halves if the device has matrix units */
    ProductCalls(IntArray step, @Nullable HalfBuffers halves) {
        this.step = step;
        this.halves = halves;
    }

    /** Whether a device with matrix units multiplies such weights on them: if there are any, and halves hold their bits. */
    static boolean isForHalves(DeviceFormat format, int columns) {
        return format != DeviceFormat.F32 && columns > 0;
    }

    /**
     * Adds what must be done to {@code x} before products with it.
     *
     * @param perCount rows of x for each of what is counted at {@code countAt} in the step
     * @param count what is counted, for a bucket
     */
    void prepare(List<KernelCall> calls, FloatArray x, int columns, int perCount, int countAt, IntUnaryOperator count) {
        if (halves == null) {
            return;
        }
        HalfBuffers.Input input = halves.of(x);
        calls.add(KernelCall.of(
                "HalfInputs.pack",
                bucket -> HalfInputs.grid(Math.multiplyExact(count.applyAsInt(bucket), perCount)),
                HalfInputs::pack,
                step,
                input.halves(),
                input.scales(),
                x,
                columns,
                perCount,
                countAt));
    }

    /** Adds {@code out (+)= x · wᵀ} for as many rows of x, which is prepared, as are counted at {@code countAt}. */
    void matMul(
            List<KernelCall> calls,
            FloatArray out,
            FloatArray x,
            DeviceMatrix w,
            int countAt,
            IntUnaryOperator count,
            int adds) {
        if (halves != null && isForHalves(w.format(), w.columns())) {
            matMul(calls, halves, out, x, w, countAt, count, adds);
            return;
        }
        calls.add(KernelCall.of(
                "MatMul.matMul",
                bucket -> MatMul.grid(w.rows(), count.applyAsInt(bucket)),
                MatMul::matMul,
                step,
                out,
                x,
                w.array(),
                w.format().code(),
                w.rows(),
                w.columns(),
                countAt,
                adds));
    }

    private void matMul(
            List<KernelCall> calls,
            HalfBuffers buffers,
            FloatArray out,
            FloatArray x,
            DeviceMatrix w,
            int countAt,
            IntUnaryOperator count,
            int adds) {
        HalfBuffers.Input input = buffers.of(x);
        int tile = MmaGeometry.tokens(w.format().code());
        calls.add(KernelCall.of(
                        "MmaMatMul.matMul",
                        bucket -> MmaMatMul.grid(w.rows(), w.columns(), count.applyAsInt(bucket), tile),
                        MmaMatMul::matMul,
                        step,
                        out,
                        buffers.products,
                        input.halves(),
                        input.scales(),
                        w.array(),
                        w.format().code(),
                        w.rows(),
                        w.columns(),
                        tile,
                        countAt,
                        adds)
                .holding(MmaGeometry.held(tile)));
        if (MmaMatMul.canShare(w.rows(), w.columns(), tile)) {
            calls.add(KernelCall.of(
                    "MmaMatMul.addShares",
                    bucket -> MmaMatMul.sharesGrid(w.rows(), w.columns(), count.applyAsInt(bucket), tile),
                    MmaMatMul::addShares,
                    step,
                    out,
                    buffers.products,
                    input.scales(),
                    w.array(),
                    w.format().code(),
                    w.rows(),
                    w.columns(),
                    tile,
                    countAt,
                    adds));
        }
    }

    /** {@code out = x · wᵀ} in float, for matrices of few rows, one for each of what is counted at {@code countAt}. */
    KernelCall narrow(FloatArray out, FloatArray x, DeviceMatrix w, int countAt) {
        return KernelCall.of(
                "NarrowMatMul.matMul",
                bucket -> NarrowMatMul.grid(w.rows(), bucket),
                NarrowMatMul::matMul,
                step,
                out,
                x,
                w.array(),
                w.format().code(),
                w.rows(),
                w.columns(),
                countAt);
    }

    /**
     * The product of each assignment of a token to an expert.
     *
     * @param x is prepared
     * @param order what {@link Router#group} left
     * @param offsets the same
     * @param perInput assignments that share a row of x
     * @param count assignments, for a bucket
     */
    KernelCall expertMatMul(
            FloatArray out,
            FloatArray x,
            DeviceMatrix w,
            IntArray order,
            IntArray offsets,
            int perInput,
            IntUnaryOperator count) {
        int experts = w.sources().size();
        if (halves == null || !isForHalves(w.format(), w.columns())) {
            return KernelCall.of(
                    "ExpertMatMul.matMul",
                    bucket -> ExpertMatMul.grid(w.rows(), count.applyAsInt(bucket), experts),
                    ExpertMatMul::matMul,
                    out,
                    x,
                    w.array(),
                    order,
                    offsets,
                    w.format().code(),
                    w.rows(),
                    w.columns(),
                    experts,
                    perInput);
        }
        HalfBuffers.Input input = halves.of(x);
        return KernelCall.of(
                        "MmaMatMul.expertMatMul",
                        bucket -> MmaMatMul.expertGrid(w.rows(), count.applyAsInt(bucket), experts),
                        MmaMatMul::expertMatMul,
                        out,
                        halves.products,
                        input.halves(),
                        input.scales(),
                        w.array(),
                        order,
                        offsets,
                        w.format().code(),
                        w.rows(),
                        w.columns(),
                        experts,
                        perInput)
                .holding(MmaGeometry.held(MmaMatMul.EXPERT_TILE));
    }
}
