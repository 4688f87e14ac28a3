package dev.herd.kernels.tornado;

import dev.herd.kernels.KvShape;
import dev.herd.kernels.device.Decoder;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
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

    private final Decoder decoder;
    private final Decoder.Sizes sizes;
    private final int headSize;
    private final int kvHeads;
    private final StepBuffers step;
    private final Scratch scratch;
    final Capabilities capabilities;
    private final ProductCalls products;
    final RoundedCalls rounded;

    /** @param capabilities what the device can do, which decides the form of products */
    DecoderCalls(Decoder decoder, StepBuffers step, Scratch scratch, Capabilities capabilities) {
        this.decoder = decoder;
        this.sizes = decoder.sizes();
        this.headSize = decoder.cache().shape().headSize();
        this.kvHeads = decoder.cache().shape().kvHeadCount();
        this.step = step;
        this.scratch = scratch;
        this.capabilities = capabilities;
        this.products = new ProductCalls(step.step, scratch.halves);
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
        attention(calls, layer, 1);
        if (!attendsOnMatrixUnits()) { // which join no stretches
            calls.add(combine(1));
        }
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

    /** Keys and values into the cache, and attention over stretches of it. */
    void attention(List<KernelCall> calls, LayerBuffers buffers, int splits) {
        Decoder.Layer layer = buffers.layer;
        Decoder.Cache cache = decoder.cache();
        int kind = !layer.isLocal() ? KeyValues.GLOBAL : sizes.usesQkNorm() ? KeyValues.LOCAL_NORMED : KeyValues.LOCAL;
        int perStep = layer.isLocal() ? cache.localBlocks() : cache.globalBlocks();
        int format = DeviceFormat.valueOf(cache.shape().type().name()).code();
        calls.add(KernelCall.of(
                "KeyValues.place",
                tokens -> KeyValues.grid(sizes.headCount(), kvHeads, tokens),
                KeyValues::place,
                step.step,
                step.places,
                step.tables,
                buffers.unit,
                scratch.query,
                scratch.key,
                scratch.value,
                step.rotations,
                step.factors,
                scratch.caches.get(layer.place()),
                sizes.headCount(),
                kvHeads,
                headSize,
                cache.shape().blockSize(),
                perStep,
                kind,
                sizes.normEpsilon(),
                format));
        if (splits == 1 && attendsOnMatrixUnits()) {
            calls.add(attendOnMatrixUnits(layer, buffers.unit, perStep, kind));
            return;
        }
        calls.add(attend(layer, buffers.unit, splits, perStep, kind, format));
    }

    /** The attention of every head from that of its stretches. */
    KernelCall combine(int splits) {
        return KernelCall.of(
                "Attention.combine",
                tokens -> Attention.combineGrid(sizes.headCount(), tokens),
                Attention::combine,
                step.step,
                scratch.attended,
                scratch.partial,
                sizes.headCount(),
                headSize,
                splits);
    }

    /**
     * Tokens of a run that attend together in steps of many tokens, on a device with matrix units; 0 if they do not attend there.
     */
    static int runLengthOnMatrixUnits(Decoder decoder, Capabilities capabilities) {
        KvShape kv = decoder.cache().shape();
        int format = DeviceFormat.valueOf(kv.type().name()).code();
        return capabilities.hasMma()
                ? AttentionTile.runLength(decoder.sizes().headCount(), kv.kvHeadCount(), kv.headSize(), format)
                : 0;
    }

    private boolean attendsOnMatrixUnits() {
        return runLengthOnMatrixUnits(decoder, capabilities) > 0;
    }

    private KernelCall attendOnMatrixUnits(Decoder.Layer layer, IntArray unit, int perStep, int kind) {
        int strands = AttentionTile.strands(kvHeads, sizes.maxTokens());
        return KernelCall.of(
                "MmaAttention.attend",
                tokens -> MmaAttention.grid(kvHeads, tokens, strands),
                MmaAttention::attend,
                step.step,
                step.places,
                step.tables,
                unit,
                scratch.attended,
                Objects.requireNonNull(scratch.halves).products,
                scratch.query,
                scratch.caches.get(layer.place()),
                sizes.headCount(),
                kvHeads,
                headSize,
                decoder.cache().shape().blockSize(),
                perStep,
                kind,
                strands);
    }

    private KernelCall attend(Decoder.Layer layer, IntArray unit, int splits, int perStep, int kind, int format) {
        boolean isFew = splits == Scratch.FEW_SPLITS;
        if (isFew && capabilities.hasDp4a() && FewAttention.takes(sizes.headCount(), kvHeads, headSize, format)) {
            return KernelCall.of(
                    "FewAttention.attend",
                    tokens -> FewAttention.grid(kvHeads, tokens, splits),
                    FewAttention::attend,
                    step.step,
                    step.places,
                    step.tables,
                    unit,
                    scratch.partial,
                    scratch.query,
                    scratch.caches.get(layer.place()),
                    sizes.headCount(),
                    kvHeads,
                    headSize,
                    decoder.cache().shape().blockSize(),
                    perStep,
                    kind,
                    format,
                    splits);
        }
        int runLength = RunAttention.runLength(sizes.headCount(), kvHeads, headSize);
        if (capabilities.hasDp4a() && runLength > 0) {
            return KernelCall.of(
                    "RunAttention.attend",
                    tokens -> RunAttention.grid(kvHeads, tokens, splits),
                    RunAttention::attend,
                    step.step,
                    step.places,
                    step.tables,
                    unit,
                    scratch.partial,
                    scratch.query,
                    scratch.caches.get(layer.place()),
                    sizes.headCount(),
                    kvHeads,
                    headSize,
                    decoder.cache().shape().blockSize(),
                    perStep,
                    kind,
                    format,
                    splits,
                    runLength);
        }
        return KernelCall.of(
                "Attention.attend",
                tokens -> Attention.grid(kvHeads, tokens, splits),
                Attention::attend,
                step.step,
                step.places,
                step.tables,
                unit,
                scratch.partial,
                scratch.query,
                scratch.caches.get(layer.place()),
                sizes.headCount(),
                kvHeads,
                headSize,
                decoder.cache().shape().blockSize(),
                perStep,
                kind,
                format,
                splits);
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
