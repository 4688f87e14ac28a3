package dev.herd.kernels.tornado;

import dev.herd.kernels.device.Decoder;
import dev.herd.kernels.tornado.LayerBuffers.Projections;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;

/** The kernels of a layer for few tokens, in the order in which they run; products take what form the device has for them. */
final class FewCalls {
    private static final int ADDS = 1;
    private static final int SETS = 0;

    private final DecoderCalls all;
    private final Decoder.Sizes sizes;
    private final StepBuffers step;
    private final Scratch scratch;
    private final RoundedCalls rounded;
    private final int headSize;

    FewCalls(
            DecoderCalls all,
            Decoder.Sizes sizes,
            int headSize,
            StepBuffers step,
            Scratch scratch,
            RoundedCalls rounded) {
        this.all = all;
        this.sizes = sizes;
        this.step = step;
        this.scratch = scratch;
        this.rounded = rounded;
        this.headSize = headSize;
    }

    /** The layer's kernels. */
    List<KernelCall> of(LayerBuffers layer) {
        List<KernelCall> calls = new ArrayList<>();
        if (rounded.take(layer.query, layer.key, layer.value)) {
            calls.add(roundedNorm(layer.attentionNorm));
            calls.add(rounded.projections(layer));
        } else {
            calls.add(all.norm(layer.attentionNorm));
            calls.add(all.matVec(scratch.query, scratch.normed, layer.query, SETS));
            calls.add(all.matVec(scratch.key, scratch.normed, layer.key, SETS));
            calls.add(all.matVec(scratch.value, scratch.normed, layer.value, SETS));
        }
        calls.addAll(all.attention.ofFew(layer));
        if (!rounded.take(layer.output)) {
            calls.add(all.attention.combine(Scratch.FEW_SPLITS));
            calls.add(all.matVec(scratch.hidden, scratch.attended, layer.output, ADDS));
        } else if (RoundedAttention.takes(headSize, Scratch.FEW_SPLITS)) {
            calls.addAll(rounded.addAttention(layer.output, headSize, Scratch.FEW_SPLITS));
        } else {
            calls.add(all.attention.combine(Scratch.FEW_SPLITS));
            calls.addAll(rounded.addProduct(scratch.attended, layer.output));
        }
        LayerBuffers.@Nullable Routed routed = layer.experts;
        if (!rounded.take(layer.ffn) || (routed != null && !rounded.take(routed.ffns()))) {
            calls.add(all.norm(layer.ffnNorm));
            ffn(calls, layer.ffn, routed);
        } else if (routed == null) {
            calls.add(roundedNorm(layer.ffnNorm));
            calls.addAll(rounded.ffn(layer.ffn));
        } else {
            calls.add(rounded.routedNorm(layer.ffnNorm, routed.router()));
            calls.addAll(rounded.experts(layer.ffn, routed.ffns()));
        }
        return calls;
    }

    private void ffn(List<KernelCall> calls, Projections ffn, LayerBuffers.@Nullable Routed routed) {
        if (routed != null) {
            calls.add(routerLogits(routed.router()));
            calls.add(all.route());
        }
        calls.add(gateUp(ffn));
        calls.add(all.matVec(scratch.hidden, scratch.gate, ffn.down(), ADDS));
        if (routed != null) {
            calls.add(expertGateUp(routed.ffns()));
            calls.add(expertDown(routed.ffns().down()));
        }
    }

    private KernelCall roundedNorm(FloatArray weight) {
        return rounded.norm(step.step, scratch.hidden, weight, Step.TOKENS, tokens -> tokens);
    }

    private KernelCall routerLogits(DeviceMatrix router) {
        return KernelCall.of(
                "Router.logits",
                tokens -> Router.logitsGrid(router.rows(), tokens),
                Router::logits,
                step.step,
                scratch.routerLogits,
                scratch.normed,
                router.array(),
                router.format().code(),
                router.rows(),
                router.columns());
    }

    private KernelCall gateUp(Projections ffn) {
        return KernelCall.of(
                "Gated.gateUp",
                tokens -> Gated.grid(ffn.gate().rows()),
                Gated::gateUp,
                step.step,
                scratch.gate,
                scratch.normed,
                ffn.gate().array(),
                ffn.up().array(),
                ffn.gate().format().code(),
                ffn.up().format().code(),
                ffn.gate().rows(),
                ffn.gate().columns());
    }

    private KernelCall expertGateUp(Projections ffns) {
        return KernelCall.of(
                "Experts.gateUp",
                tokens -> Experts.gateUpGrid(ffns.gate().rows(), tokens * sizes.expertsPerToken()),
                Experts::gateUp,
                step.step,
                scratch.gate,
                scratch.normed,
                ffns.gate().array(),
                ffns.up().array(),
                scratch.choice,
                scratch.scores,
                ffns.gate().format().code(),
                ffns.up().format().code(),
                ffns.gate().rows(),
                ffns.gate().columns(),
                sizes.expertsPerToken());
    }

    private KernelCall expertDown(DeviceMatrix down) {
        return KernelCall.of(
                "Experts.down",
                tokens -> Experts.downGrid(down.rows(), tokens),
                Experts::down,
                step.step,
                scratch.hidden,
                scratch.gate,
                down.array(),
                scratch.choice,
                down.format().code(),
                down.rows(),
                down.columns(),
                sizes.expertsPerToken());
    }
}
