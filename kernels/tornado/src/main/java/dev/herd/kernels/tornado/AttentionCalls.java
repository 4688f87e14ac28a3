package dev.herd.kernels.tornado;

import dev.herd.kernels.KvShape;
import dev.herd.kernels.device.Decoder;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * A layer's kernels from queries, keys and values to attention, in the form that the device gets: keys and values into the cache,
 * then attention over it.
 */
final class AttentionCalls {
    /** Tokens that are alone in a step, at most: as many as sequences decode, but grids and memory want a bound. */
    private static final int MOST_ALONE = 32;

    private final Decoder decoder;
    private final Decoder.Sizes sizes;
    private final int headSize;
    private final int kvHeads;
    private final int blockSize;
    private final int format; // of the cache
    private final StepBuffers step;
    private final Scratch scratch;
    private final Capabilities capabilities;

    AttentionCalls(Decoder decoder, StepBuffers step, Scratch scratch, Capabilities capabilities) {
        KvShape shape = decoder.cache().shape();
        this.decoder = decoder;
        this.sizes = decoder.sizes();
        this.headSize = shape.headSize();
        this.kvHeads = shape.kvHeadCount();
        this.blockSize = shape.blockSize();
        this.format = format(shape);
        this.step = step;
        this.scratch = scratch;
        this.capabilities = capabilities;
    }

    private static int format(KvShape shape) {
        return DeviceFormat.valueOf(shape.type().name()).code();
    }

    /**
     * Tokens of a run that attend together in steps of many tokens, on a device with matrix units; 0 if they do not attend there.
     */
    static int runLengthOnMatrixUnits(Decoder decoder, Capabilities capabilities) {
        KvShape kv = decoder.cache().shape();
        return capabilities.hasMma()
                ? AttentionTile.runLength(decoder.sizes().headCount(), kv.kvHeadCount(), kv.headSize(), format(kv))
                : 0;
    }

    /**
     * Tokens, at most, that are a run by themselves in steps of many and attend as in steps of few, since one group would take
     * long to go through a long past; 0 if none do. Of more such tokens the rest attends on matrix units.
     */
    static int mostAlone(Decoder decoder, Capabilities capabilities) {
        boolean isThere = runLengthOnMatrixUnits(decoder, capabilities) > 1 && hasKernelOfFew(decoder, capabilities);
        return isThere ? MOST_ALONE : 0;
    }

    private static boolean hasKernelOfFew(Decoder decoder, Capabilities capabilities) {
        KvShape kv = decoder.cache().shape();
        return capabilities.hasDp4a()
                && FewAttention.takes(decoder.sizes().headCount(), kv.kvHeadCount(), kv.headSize(), format(kv));
    }

    /** Those of few tokens, whose past is divided into {@link Scratch#FEW_SPLITS} stretches, up to what joins them. */
    List<KernelCall> ofFew(LayerBuffers layer) {
        KernelCall attend = hasKernelOfFew(decoder, capabilities)
                ? fewAttend(layer, Scratch.FEW_SPLITS, 0)
                : attend(layer, Scratch.FEW_SPLITS);
        return List.of(place(layer), attend);
    }

    /** Those of many tokens. */
    List<KernelCall> ofMany(LayerBuffers layer) {
        List<KernelCall> calls = new ArrayList<>();
        calls.add(place(layer));
        if (runLengthOnMatrixUnits(decoder, capabilities) == 0) {
            calls.add(attend(layer, 1));
            calls.add(combine(1));
            return calls;
        }
        calls.add(attendOnMatrixUnits(layer));
        int alone = mostAlone(decoder, capabilities);
        if (alone > 0) {
            calls.add(fewAttend(layer, Scratch.ALONE_SPLITS, alone));
            calls.add(combine(Scratch.ALONE_SPLITS, alone));
        }
        return calls;
    }

    private KernelCall place(LayerBuffers layer) {
        return KernelCall.of(
                "KeyValues.place",
                tokens -> KeyValues.grid(sizes.headCount(), kvHeads, tokens),
                KeyValues::place,
                step.step,
                step.places,
                step.tables,
                layer.unit,
                scratch.query,
                scratch.key,
                scratch.value,
                step.rotations,
                step.factors,
                scratch.caches.get(layer.layer.place()),
                sizes.headCount(),
                kvHeads,
                headSize,
                blockSize,
                perStep(layer),
                kind(layer),
                sizes.normEpsilon(),
                format);
    }

    private int kind(LayerBuffers layer) {
        if (!layer.layer.isLocal()) {
            return KeyValues.GLOBAL;
        }
        return sizes.usesQkNorm() ? KeyValues.LOCAL_NORMED : KeyValues.LOCAL;
    }

    /** Blocks of such layers for the positions of a block. */
    private int perStep(LayerBuffers layer) {
        return layer.layer.isLocal()
                ? decoder.cache().localBlocks()
                : decoder.cache().globalBlocks();
    }

    private KernelCall attend(LayerBuffers layer, int splits) {
        int runLength = RunAttention.runLength(sizes.headCount(), kvHeads, headSize);
        if (capabilities.hasDp4a() && runLength > 0) {
            return KernelCall.of(
                    "RunAttention.attend",
                    tokens -> RunAttention.grid(kvHeads, tokens, splits),
                    RunAttention::attend,
                    step.step,
                    step.places,
                    step.tables,
                    layer.unit,
                    scratch.partial,
                    scratch.query,
                    scratch.caches.get(layer.layer.place()),
                    sizes.headCount(),
                    kvHeads,
                    headSize,
                    blockSize,
                    perStep(layer),
                    kind(layer),
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
                layer.unit,
                scratch.partial,
                scratch.query,
                scratch.caches.get(layer.layer.place()),
                sizes.headCount(),
                kvHeads,
                headSize,
                blockSize,
                perStep(layer),
                kind(layer),
                format,
                splits);
    }

    private KernelCall attendOnMatrixUnits(LayerBuffers layer) {
        int strands = AttentionTile.strands(kvHeads, sizes.maxTokens());
        return KernelCall.of(
                "MmaAttention.attend",
                tokens -> MmaAttention.grid(kvHeads, tokens, strands),
                MmaAttention::attend,
                step.step,
                step.places,
                step.tables,
                layer.unit,
                scratch.attended,
                Objects.requireNonNull(scratch.halves).products,
                scratch.query,
                scratch.caches.get(layer.layer.place()),
                sizes.headCount(),
                kvHeads,
                headSize,
                blockSize,
                perStep(layer),
                kind(layer),
                strands);
    }

    /** @param alone tokens that are, at most; 0 for all tokens */
    private KernelCall fewAttend(LayerBuffers layer, int splits, int alone) {
        return KernelCall.of(
                "FewAttention.attend",
                tokens -> FewAttention.grid(kvHeads, most(tokens, alone), splits),
                FewAttention::attend,
                step.step,
                step.places,
                step.tables,
                layer.unit,
                scratch.partial,
                scratch.query,
                scratch.caches.get(layer.layer.place()),
                sizes.headCount(),
                kvHeads,
                headSize,
                blockSize,
                perStep(layer),
                kind(layer),
                format,
                splits,
                Math.min(1, alone));
    }

    /** The attention of every head from that of its stretches. */
    KernelCall combine(int splits) {
        return combine(splits, 0);
    }

    private KernelCall combine(int splits, int alone) {
        return KernelCall.of(
                "Attention.combine",
                tokens -> Attention.combineGrid(sizes.headCount(), most(tokens, alone)),
                Attention::combine,
                step.step,
                step.places,
                scratch.attended,
                scratch.partial,
                sizes.headCount(),
                headSize,
                splits,
                Math.min(1, alone));
    }

    private static int most(int tokens, int alone) {
        return alone == 0 ? tokens : Math.min(tokens, alone);
    }
}
