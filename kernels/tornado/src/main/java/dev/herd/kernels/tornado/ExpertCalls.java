package dev.herd.kernels.tornado;

import dev.herd.kernels.device.Decoder;
import dev.herd.kernels.tornado.LayerBuffers.Projections;
import java.util.ArrayList;
import java.util.List;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;

/**
 * The kernels of a layer's routed experts for many tokens, once each token has chosen. Where the device can do both, steps up to
 * some size multiply rounded inputs ({@link RoundedExpertMatMul}), larger ones take tiles of tokens. Both are in the graph: the
 * one that a bucket does not take has few groups, to which {@link Router#group} leaves no assignments.
 */
final class ExpertCalls {
    private final Decoder.Sizes sizes;
    private final int perToken;
    private final StepBuffers step;
    private final Scratch scratch;
    private final ProductCalls products;
    private final Projections ffns;
    private final int mostRounded; // tokens of a step that has rounded inputs

    ExpertCalls(
            Decoder.Sizes sizes,
            StepBuffers step,
            Scratch scratch,
            ProductCalls products,
            RoundedCalls rounded,
            Projections ffns) {
        this.sizes = sizes;
        this.perToken = sizes.expertsPerToken();
        this.step = step;
        this.scratch = scratch;
        this.products = products;
        this.ffns = ffns;
        this.mostRounded = rounded.take(ffns) ? RoundedExpertMatMul.mostTokens(sizes.expertCount(), perToken) : 0;
    }

    /** The kernels, which add to the residual stream; the normed rows are prepared. */
    List<KernelCall> all() {
        int rows = ffns.gate().rows();
        List<KernelCall> calls = new ArrayList<>();
        calls.add(group());
        round(calls, scratch.normed, ffns.gate().columns(), perToken);
        multiply(calls, scratch.gate, scratch.normed, ffns.gate(), perToken);
        multiply(calls, scratch.up, scratch.normed, ffns.up(), perToken);
        calls.add(KernelCall.of(
                "Experts.activate",
                tokens -> Experts.activateGrid(assignments(tokens), rows),
                Experts::activate,
                step.step,
                scratch.gate,
                scratch.up,
                scratch.scores,
                rows,
                perToken));
        round(calls, scratch.gate, rows, 1);
        products.prepare(calls, scratch.gate, rows, perToken, Step.TOKENS, tokens -> isRounded(tokens) ? 1 : tokens);
        multiply(calls, scratch.expertOutput, scratch.gate, ffns.down(), 1);
        calls.add(KernelCall.of(
                "Experts.combine",
                tokens -> Experts.combineGrid(tokens, sizes.hiddenSize()),
                Experts::combine,
                step.step,
                scratch.hidden,
                scratch.expertOutput,
                sizes.hiddenSize(),
                perToken));
        return calls;
    }

    private boolean isRounded(int tokens) {
        return tokens <= mostRounded;
    }

    private int assignments(int tokens) {
        return Math.multiplyExact(tokens, perToken);
    }

    private KernelCall group() {
        return KernelCall.of(
                "Router.group",
                tokens -> Router.groupGrid(sizes.expertCount()),
                Router::group,
                step.step,
                scratch.order,
                scratch.offsets,
                scratch.choice,
                sizes.expertCount(),
                perToken,
                mostRounded);
    }

    /** @param perInput assignments that share a row of x */
    private void round(List<KernelCall> calls, FloatArray x, int columns, int perInput) {
        if (mostRounded == 0) {
            return;
        }
        calls.add(KernelCall.of(
                "RoundedInputs.roundOrdered",
                tokens -> RoundedInputs.grid(isRounded(tokens) ? assignments(tokens) : 1, columns),
                RoundedInputs::roundOrdered,
                scratch.levels,
                scratch.factors,
                x,
                scratch.order,
                scratch.offsets,
                columns,
                sizes.expertCount(),
                perInput));
    }

    /** @param perInput assignments that share a row of x */
    private void multiply(List<KernelCall> calls, FloatArray out, FloatArray x, DeviceMatrix w, int perInput) {
        if (mostRounded > 0) {
            calls.add(KernelCall.of(
                    "RoundedExpertMatMul.matMul",
                    tokens -> isRounded(tokens)
                            ? RoundedExpertMatMul.grid(w.rows(), sizes.expertCount())
                            : RoundedExpertMatMul.grid(1, 1),
                    RoundedExpertMatMul::matMul,
                    out,
                    scratch.levels,
                    scratch.factors,
                    w.array(),
                    scratch.order,
                    scratch.offsets,
                    w.format().code(),
                    w.rows(),
                    w.columns(),
                    sizes.expertCount()));
        }
        calls.add(products.expertMatMul(
                out,
                x,
                w,
                scratch.order,
                scratch.offsets,
                perInput,
                tokens -> isRounded(tokens) ? 1 : assignments(tokens)));
    }
}
