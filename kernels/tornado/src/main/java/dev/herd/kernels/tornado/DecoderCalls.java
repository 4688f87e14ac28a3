package dev.herd.kernels.tornado;

import dev.herd.kernels.device.Decoder;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * The kernels of a decoder in the order in which they run, as the package's description draws them: once for few tokens,
 * where each matrix is read for all of them together and computing waits for memory, and once for many, in tiles.
 */
final class DecoderCalls {
    private static final int TOKENS = Step.TOKENS;
    private static final int ADDS = 1;
    private static final int SETS = 0;

    private final Decoder.Sizes sizes;
    private final int headSize;
    private final StepBuffers step;
    private final Scratch scratch;
    final Capabilities capabilities;
    private final ProductCalls products;
    final AttentionCalls attention;
    final RoundedCalls rounded;

    /** @param capabilities what the device can do, which decides the form of products */
    DecoderCalls(Decoder decoder, StepBuffers step, Scratch scratch, Capabilities capabilities) {
        this.sizes = decoder.sizes();
        this.headSize = decoder.cache().shape().headSize();
        this.step = step;
        this.scratch = scratch;
        this.capabilities = capabilities;
        this.products = new ProductCalls(step.step, scratch.halves);
        this.attention = new AttentionCalls(decoder, step, scratch, capabilities);
        this.rounded = new RoundedCalls(sizes, step, scratch, capabilities);
    }

    /** What gives every array of the scratch memory its place on the device. */
    List<KernelCall> reservation() {
        List<KernelCall> calls = new ArrayList<>();
        for (Object array : scratch.arrays()) {
            calls.add(
                    array instanceof FloatArray floats
                            ? KernelCall.of(
                                    "Reservation.floats",
                                    t -> Reservation.grid(),
                                    Reservation::floats,
                                    step.step,
                                    floats)
                            : KernelCall.of(
                                    "Reservation.ints",
                                    t -> Reservation.grid(),
                                    Reservation::ints,
                                    step.step,
                                    (IntArray) array));
        }
        return calls;
    }

    /** Embeddings to residual stream. */
    List<KernelCall> begin(DeviceMatrix embedding, FloatArray images) {
        return List.of(KernelCall.of(
                "Embedding.embed",
                Embedding::grid,
                Embedding::embed,
                step.step,
                step.places,
                scratch.hidden,
                embedding.array(),
                images,
                embedding.format().code(),
                sizes.hiddenSize()));
    }

    /** A layer for few tokens. */
    List<KernelCall> few(LayerBuffers layer) {
        return new FewCalls(this, sizes, headSize, step, scratch, rounded).of(layer);
    }

    /** A layer for many tokens. */
    List<KernelCall> many(LayerBuffers layer) {
        List<KernelCall> calls = new ArrayList<>();
        calls.add(norm(layer.attentionNorm));
        prepare(calls, scratch.normed, layer.query.columns(), 1);
        matMul(calls, scratch.query, scratch.normed, layer.query, SETS);
        matMul(calls, scratch.key, scratch.normed, layer.key, SETS);
        matMul(calls, scratch.value, scratch.normed, layer.value, SETS);
        calls.addAll(attention.ofMany(layer));
        prepare(calls, scratch.attended, layer.output.columns(), 1);
        matMul(calls, scratch.hidden, scratch.attended, layer.output, ADDS);
        calls.add(norm(layer.ffnNorm));
        prepare(calls, scratch.normed, layer.ffn.gate().columns(), 1);
        LayerBuffers.@Nullable Routed routed = layer.experts;
        if (routed != null) {
            calls.add(products.narrow(scratch.routerLogits, scratch.normed, routed.router(), TOKENS));
            calls.add(route());
        }
        int ffnSize = layer.ffn.gate().rows();
        matMul(calls, scratch.gate, scratch.normed, layer.ffn.gate(), SETS);
        matMul(calls, scratch.up, scratch.normed, layer.ffn.up(), SETS);
        calls.add(KernelCall.of(
                "Elements.swiGlu",
                tokens -> Elements.grid(tokens, ffnSize),
                Elements::swiGlu,
                step.step,
                scratch.gate,
                scratch.up,
                ffnSize,
                TOKENS));
        prepare(calls, scratch.gate, ffnSize, 1);
        matMul(calls, scratch.hidden, scratch.gate, layer.ffn.down(), ADDS);
        if (routed != null) {
            calls.addAll(new ExpertCalls(sizes, step, scratch, products, rounded, routed.ffns()).all());
        }
        return calls;
    }

    KernelCall norm(FloatArray weight) {
        return KernelCall.of(
                "Norms.rmsNorm",
                Norms::grid,
                Norms::rmsNorm,
                step.step,
                scratch.normed,
                scratch.hidden,
                weight,
                sizes.normEpsilon(),
                sizes.hiddenSize(),
                TOKENS);
    }

    KernelCall matVec(FloatArray out, FloatArray x, DeviceMatrix w, int adds) {
        return KernelCall.of(
                "MatVec.matVec",
                tokens -> MatVec.grid(w.rows()),
                MatVec::matVec,
                step.step,
                out,
                x,
                w.array(),
                w.format().code(),
                w.rows(),
                w.columns(),
                TOKENS,
                adds);
    }

    private void prepare(List<KernelCall> calls, FloatArray x, int columns, int perToken) {
        products.prepare(calls, x, columns, perToken, TOKENS, tokens -> tokens);
    }

    private void matMul(List<KernelCall> calls, FloatArray out, FloatArray x, DeviceMatrix w, int adds) {
        products.matMul(calls, out, x, w, TOKENS, tokens -> tokens, adds);
    }

    KernelCall route() {
        return KernelCall.of(
                "Router.route",
                Router::routeGrid,
                Router::route,
                step.step,
                scratch.choice,
                scratch.scores,
                scratch.routerLogits,
                sizes.expertCount(),
                sizes.expertsPerToken());
    }
}
