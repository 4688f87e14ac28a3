package dev.herd.kernels.tornado;

import dev.herd.kernels.device.Candidates;
import dev.herd.kernels.device.Decoder;
import java.util.ArrayList;
import java.util.List;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * The kernels that turn the residual stream into logits and find the highest of these. No kernel may take an array twice:
 * TornadoVM would wait for itself, for ever.
 *
 * @param step of it, the rows that want logits and their number are taken
 * @param scratch of it, the residual stream is taken
 * @param norm {@code [hiddenSize]}
 * @param hidden {@code [rows, hiddenSize]}, those of the residual stream that want logits
 * @param normed {@code [rows, hiddenSize]}
 * @param buffers where logits stay
 * @param products with many rows, counted in the logits' step
 * @param rounded the products of few rows with rounded inputs, where the device has them
 */
record LogitCalls(
        Decoder.Sizes sizes,
        StepBuffers step,
        Scratch scratch,
        DeviceMatrix output,
        FloatArray norm,
        FloatArray hidden,
        FloatArray normed,
        LogitBuffers buffers,
        ProductCalls products,
        RoundedCalls rounded) {
    private static final int SETS = 0;

    /**
     * Logits, and what is wished for of them.
     *
     * @param values {@code [rows, most + 2]} for up to so many rows
     * @param ids {@code [rows, most]}
     */
    List<KernelCall> of(FloatArray values, IntArray ids, int rows) {
        List<KernelCall> calls = logits(buffers.logits, rows);
        calls.add(KernelCall.of(
                "Sampling.topOfParts",
                t -> Sampling.partsGrid(output.rows(), rows),
                Sampling::topOfParts,
                step.logitStep,
                step.logitPlaces,
                step.temperatures,
                buffers.partValues,
                buffers.partIds,
                buffers.logits,
                output.rows(),
                Candidates.MOST));
        calls.add(KernelCall.of(
                "Sampling.top",
                t -> Sampling.topGrid(rows),
                Sampling::top,
                step.logitStep,
                step.logitPlaces,
                step.temperatures,
                values,
                ids,
                buffers.partValues,
                buffers.partIds,
                Sampling.parts(output.rows()),
                Candidates.MOST));
        return calls;
    }

    /** Copies those rows of the logits that are asked for to {@code copies}, for up to so many rows. */
    KernelCall fetch(FloatArray copies, int rows) {
        return KernelCall.of(
                "Elements.gatherLogitRows",
                t -> Elements.grid(rows, output.rows()),
                Elements::gatherLogitRows,
                step.logitStep,
                step.logitPlaces,
                copies,
                buffers.logits,
                output.rows());
    }

    private List<KernelCall> logits(FloatArray logits, int rows) {
        int size = sizes.hiddenSize();
        KernelCall gather = KernelCall.of(
                "Elements.gatherLogitRows",
                t -> Elements.grid(rows, size),
                Elements::gatherLogitRows,
                step.logitStep,
                step.logitPlaces,
                hidden,
                scratch.hidden,
                size);
        if (rows <= TaskGraphs.FEW && rounded.take(output)) {
            return new ArrayList<>(List.of(
                    gather,
                    rounded.norm(step.logitStep, hidden, norm, Step.LOGIT_ROWS, tokens -> rows),
                    rounded.matVec(step.logitStep, logits, output, Step.LOGIT_ROWS, SETS)));
        }
        List<KernelCall> calls = new ArrayList<>(List.of(
                gather,
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
                        Step.LOGIT_ROWS)));
        if (rows <= TaskGraphs.FEW) {
            calls.add(matVec(logits));
        } else { // the output matrix is large: however many rows there are, it is to be read once
            products.prepare(calls, normed, size, 1, Step.LOGIT_ROWS, t -> rows);
            products.matMul(calls, logits, normed, output, Step.LOGIT_ROWS, t -> rows, SETS);
        }
        return calls;
    }

    private KernelCall matVec(FloatArray logits) {
        return KernelCall.of(
                "MatVec.matVec",
                t -> MatVec.grid(output.rows()),
                MatVec::matVec,
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
