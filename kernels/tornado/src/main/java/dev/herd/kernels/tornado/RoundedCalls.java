package dev.herd.kernels.tornado;

import dev.herd.kernels.device.Decoder;
import dev.herd.kernels.tornado.LayerBuffers.Projections;
import java.util.List;
import java.util.function.IntUnaryOperator;
import java.util.stream.Stream;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * The kernels of {@link DecoderCalls} for few tokens that multiply rounded inputs, on a device that has {@code dp4a}. The formats
 * of matrices decide whether they are multiplied so: what one launch computes is so altogether, or not at all.
 */
final class RoundedCalls {
    private final Decoder.Sizes sizes;
    private final StepBuffers step;
    private final Scratch scratch;
    private final boolean isThere;

    RoundedCalls(Decoder.Sizes sizes, StepBuffers step, Scratch scratch, Capabilities capabilities) {
        this.sizes = sizes;
        this.step = step;
        this.scratch = scratch;
        this.isThere = capabilities.hasDp4a();
    }

    /** Whether these matrices are multiplied with rounded inputs. */
    boolean take(DeviceMatrix... matrices) {
        return isThere && Stream.of(matrices).allMatch(matrix -> RoundedRows.takes(matrix.format()));
    }

    /** Whether this whole feed-forward part is. */
    boolean take(Projections ffn) {
        return take(ffn.gate(), ffn.up(), ffn.down());
    }

    /**
     * The norm of rows, rounded.
     *
     * @param rows the most that there are in a bucket of tokens
     */
    KernelCall norm(IntArray counts, FloatArray x, FloatArray weight, int countAt, IntUnaryOperator rows) {
        return KernelCall.of(
                "RoundedInputs.rmsNorm",
                tokens -> RoundedInputs.grid(rows.applyAsInt(tokens), sizes.hiddenSize()),
                RoundedInputs::rmsNorm,
                counts,
                scratch.levels,
                scratch.factors,
                x,
                weight,
                sizes.normEpsilon(),
                sizes.hiddenSize(),
                countAt);
    }

    /** The norm before a mixture's products, rounded, and its router's logits. */
    KernelCall routedNorm(FloatArray weight, DeviceMatrix router) {
        return KernelCall.of(
                "RoutedNorm.rmsNorm",
                tokens -> RoutedNorm.grid(tokens, sizes.hiddenSize(), router.rows()),
                RoutedNorm::rmsNorm,
                step.step,
                scratch.routerLogits,
                scratch.levels,
                scratch.factors,
                scratch.hidden,
                weight,
                router.array(),
                sizes.normEpsilon(),
                router.format().code(),
                router.rows(),
                sizes.hiddenSize());
    }

    /** Queries, keys and values of normed rows. */
    KernelCall projections(LayerBuffers layer) {
        return KernelCall.of(
                "RoundedProducts.projections",
                tokens -> RoundedProducts.projectionsGrid(layer.query.rows(), layer.key.rows()),
                RoundedProducts::projections,
                step.step,
                scratch.query,
                scratch.key,
                scratch.value,
                scratch.levels,
                scratch.factors,
                layer.query.array(),
                layer.key.array(),
                layer.value.array(),
                RoundedProducts.formats(
                        layer.query.format().code(),
                        layer.key.format().code(),
                        layer.value.format().code()),
                layer.query.rows(),
                layer.key.rows(),
                layer.query.columns());
    }

    /** The attention's stretches joined, times {@code w}, added to the residual stream. */
    List<KernelCall> addAttention(DeviceMatrix w, int headSize, int splits) {
        KernelCall combine = KernelCall.of(
                "RoundedAttention.combine",
                tokens -> RoundedAttention.grid(sizes.headCount(), headSize, tokens),
                RoundedAttention::combine,
                step.step,
                scratch.levels,
                scratch.factors,
                scratch.partial,
                sizes.headCount(),
                headSize,
                splits);
        return List.of(combine, matVec(step.step, scratch.hidden, w, Step.TOKENS, 1));
    }

    /** Adds the product of {@code x} to the residual stream. */
    List<KernelCall> addProduct(FloatArray x, DeviceMatrix w) {
        return List.of(
                KernelCall.of(
                        "RoundedInputs.roundRows",
                        tokens -> RoundedInputs.grid(tokens, w.columns()),
                        RoundedInputs::roundRows,
                        step.step,
                        scratch.levels,
                        scratch.factors,
                        x,
                        0,
                        w.columns(),
                        Step.TOKENS,
                        1),
                matVec(step.step, scratch.hidden, w, Step.TOKENS, 1));
    }

    /** The product of the rows that are rounded from tile 0 on. */
    KernelCall matVec(IntArray counts, FloatArray out, DeviceMatrix w, int countAt, int adds) {
        return KernelCall.of(
                "RoundedProducts.matVec",
                tokens -> RoundedProducts.grid(w.rows()),
                RoundedProducts::matVec,
                counts,
                out,
                scratch.levels,
                scratch.factors,
                w.array(),
                w.format().code(),
                0,
                w.rows(),
                w.columns(),
                countAt,
                adds);
    }

    /** A dense feed-forward part of normed rows, added to the residual stream. */
    List<KernelCall> ffn(Projections ffn) {
        KernelCall gateUp = KernelCall.of(
                "RoundedProducts.gateUp",
                tokens -> RoundedProducts.grid(ffn.gate().rows()),
                RoundedProducts::gateUp,
                step.step,
                scratch.gate,
                scratch.levels,
                scratch.factors,
                ffn.gate().array(),
                ffn.up().array(),
                ffn.gate().format().code(),
                ffn.up().format().code(),
                ffn.gate().rows(),
                ffn.gate().columns());
        return Stream.concat(Stream.of(gateUp), addProduct(scratch.gate, ffn.down()).stream())
                .toList();
    }

    /** Shared and chosen experts of normed rows of which there are logits, added to the residual stream. */
    List<KernelCall> experts(Projections shared, Projections routed) {
        int perToken = sizes.expertsPerToken();
        int sharedSize = shared.gate().rows();
        int size = routed.gate().rows();
        int routedFirst = TaskGraphs.FEW * RoundedInputs.tiles(sharedSize);
        return List.of(
                expertGateUp(shared, routed),
                KernelCall.of(
                        "RoundedInputs.roundBoth",
                        tokens -> RoundedInputs.bothGrid(tokens, sharedSize, size, perToken),
                        RoundedInputs::roundBoth,
                        step.step,
                        scratch.levels,
                        scratch.factors,
                        scratch.gate,
                        scratch.up,
                        0,
                        routedFirst,
                        sharedSize,
                        size,
                        perToken),
                KernelCall.of(
                        "RoundedExperts.down",
                        tokens -> RoundedExperts.downGrid(sizes.hiddenSize()),
                        RoundedExperts::down,
                        step.step,
                        scratch.hidden,
                        scratch.levels,
                        scratch.factors,
                        shared.down().array(),
                        routed.down().array(),
                        scratch.choice,
                        shared.down().format().code(),
                        routed.down().format().code(),
                        0,
                        routedFirst,
                        sizes.hiddenSize(),
                        sharedSize,
                        size,
                        perToken));
    }

    private KernelCall expertGateUp(Projections shared, Projections routed) {
        int perToken = sizes.expertsPerToken();
        return KernelCall.of(
                "RoundedExperts.gateUp",
                tokens -> RoundedExperts.gateUpGrid(
                        shared.gate().rows(), routed.gate().rows(), tokens, perToken),
                RoundedExperts::gateUp,
                step.step,
                scratch.gate,
                scratch.up,
                scratch.levels,
                scratch.factors,
                shared.gate().array(),
                shared.up().array(),
                routed.gate().array(),
                routed.up().array(),
                scratch.choice,
                scratch.routerLogits,
                formats(shared),
                formats(routed),
                shared.gate().rows(),
                routed.gate().rows(),
                shared.gate().columns(),
                sizes.expertCount(),
                perToken);
    }

    private static int formats(Projections ffn) {
        return RoundedProducts.formats(
                ffn.gate().format().code(), ffn.up().format().code());
    }

    /** Tiles that rows of a step can take at a time: of one kind, or of shared and routed experts, or of all assignments. */
    static long tiles(Decoder decoder, int few) {
        Decoder.Sizes sizes = decoder.sizes();
        int perToken = sizes.expertsPerToken();
        long most = (long) few
                * RoundedInputs.tiles(Math.max(
                        sizes.hiddenSize(),
                        sizes.headCount() * decoder.cache().shape().headSize()));
        long assignments = (long) perToken
                * Math.min(sizes.maxTokens(), RoundedExpertMatMul.mostTokens(sizes.expertCount(), perToken));
        for (Decoder.Layer layer : decoder.layers()) {
            long ofLayer = RoundedInputs.tiles(layer.ffn().gateProj().rows());
            Decoder.Experts experts = layer.experts();
            if (experts != null) {
                int size = experts.ffns().getFirst().gateProj().rows();
                ofLayer += (long) perToken * RoundedInputs.tiles(size);
                most = Math.max(most, assignments * RoundedInputs.tiles(Math.max(size, sizes.hiddenSize())));
            }
            most = Math.max(most, few * ofLayer);
        }
        return most;
    }
}
