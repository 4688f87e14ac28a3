package dev.herd.kernels.tornado;

import dev.herd.kernels.device.Decoder;
import java.util.List;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;

/**
 * The kernels that turn the residual stream into logits. No kernel may take an array twice: TornadoVM would wait for itself, for
 * ever.
 *
 * @param step of it, the rows that want logits and their number are taken
 * @param scratch of it, the residual stream is taken
 * @param norm {@code [hiddenSize]}
 * @param hidden {@code [rows, hiddenSize]}, those of the residual stream that want logits
 * @param normed {@code [rows, hiddenSize]}
 */
record LogitCalls(
        Decoder.Sizes sizes,
        StepBuffers step,
        Scratch scratch,
        DeviceMatrix output,
        FloatArray norm,
        FloatArray hidden,
        FloatArray normed) {
    private static final int SETS = 0;

    /** @param logits {@code [rows, vocabularySize]} for up to so many rows */
    List<KernelCall> of(FloatArray logits, int rows) {
        int size = sizes.hiddenSize();
        return List.of(
                KernelCall.of(
                        "Elements.gatherLogitRows",
                        t -> Elements.grid(rows, size),
                        Elements::gatherLogitRows,
                        step.logitStep,
                        step.logitPlaces,
                        hidden,
                        scratch.hidden,
                        size),
                KernelCall.of(
                        "Norms.rmsNorm",
                        t -> Norms.grid(rows),
                        Norms::rmsNorm,
                        step.logitStep,
                        normed,
                        hidden,
                        norm,
                        sizes.normEpsilon(),
                        size,
                        Step.LOGIT_ROWS),
                project(logits, rows));
    }

    /** The output matrix is large: however many rows there are, it is to be read once. */
    private KernelCall project(FloatArray logits, int rows) {
        boolean isFew = rows <= TaskGraphs.FEW;
        return KernelCall.of(
                isFew ? "MatVec.matVec" : "MatMul.matMul",
                t -> isFew ? MatVec.grid(output.rows()) : MatMul.grid(output.rows(), rows),
                isFew ? MatVec::matVec : MatMul::matMul,
                step.logitStep,
                logits,
                normed,
                output.array(),
                output.format().code(),
                output.rows(),
                output.columns(),
                Step.LOGIT_ROWS,
                SETS);
    }
}
