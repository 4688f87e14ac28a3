package dev.herd.model;

import dev.herd.kernels.device.Candidates.Wish;
import dev.herd.kernels.device.Decoder;
import dev.herd.kernels.device.Decoder.Experts;
import dev.herd.kernels.device.Decoder.Ffn;
import dev.herd.kernels.device.DecoderStep;
import dev.herd.kernels.device.DecoderStep.ImageRows;
import dev.herd.kernels.device.DecoderStep.SequenceBlocks;
import dev.herd.kernels.device.LoadedDecoder;
import dev.herd.kernels.device.Logits;
import dev.herd.model.Batch.ImageEmbedding;
import dev.herd.model.Batch.Slice;
import dev.herd.weights.ModelConfig;
import dev.herd.weights.ModelConfig.LayerKind;
import dev.herd.weights.ModelWeights;
import dev.herd.weights.ModelWeights.FfnWeights;
import dev.herd.weights.ModelWeights.GatedFfn;
import dev.herd.weights.ModelWeights.LayerWeights;
import dev.herd.weights.ModelWeights.MoeFfn;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;

/**
 * The text decoder on a device: what {@link Llama4} computes, told to the device once as a whole ({@link #describe}) and
 * then step by step. Rotations and temperatures are the host's, in double, so that positions in the millions lose nothing
 * there either. Used by one thread at a time.
 */
public final class DeviceLlama4 implements AutoCloseable {
    private final ModelConfig config;
    private final LoadedDecoder decoder;
    private final Arena arena = Arena.ofShared();
    private final Step step;

    /**
     * @param decoder what a device made of {@link #describe}; closed with this
     * @param maxTokens tokens of the largest batch
     */
    public DeviceLlama4(ModelConfig config, ModelWeights weights, LoadedDecoder decoder, int maxTokens) {
        this.config = config;
        this.decoder = decoder;
        this.step = new Step(config, new Rope(config, weights.ropeDivisors()), arena, maxTokens);
    }

    /**
     * The model in the words of {@link Decoder}.
     *
     * @param maxTokens tokens of the largest batch
     * @param sequences sequences of the largest batch
     * @param contextLength tokens of the longest of them
     * @param seesImages whether batches may hold encoded pictures
     */
    public static Decoder describe(
            ModelConfig config,
            ModelWeights weights,
            KvLayout layout,
            int blockCount,
            int maxTokens,
            int sequences,
            int contextLength,
            boolean seesImages) {
        List<Decoder.Layer> layers = new ArrayList<>();
        for (int layer = 0; layer < config.layerCount(); layer++) {
            layers.add(layer(config, weights.layers().get(layer), layout, layer));
        }
        Decoder.Sizes sizes = new Decoder.Sizes(
                config.hiddenSize(),
                config.vocabularySize(),
                config.headCount(),
                config.expertCount(),
                config.expertsPerToken(),
                config.normEpsilon(),
                config.usesQkNorm(),
                maxTokens,
                seesImages);
        Decoder.Cache cache = new Decoder.Cache(
                layout.shape(),
                layout.layersPerBlock(),
                layout.blocksPerStep(LayerKind.LOCAL),
                layout.blocksPerStep(LayerKind.GLOBAL),
                blockCount,
                Math.multiplyExact(sequences, tableEntries(config, layout, contextLength)));
        return new Decoder(sizes, cache, weights.embedding(), weights.outputNorm(), weights.output(), layers);
    }

    /** Block ids of one sequence that can be attended to: an attention chunk may begin and end within a block. */
    private static int tableEntries(ModelConfig config, KvLayout layout, int contextLength) {
        int steps = Math.ceilDiv(contextLength, layout.blockSize());
        int chunk = config.attentionChunkSize();
        int localSteps = chunk > 0 ? Math.min(steps, chunk / layout.blockSize() + 2) : steps;
        return Math.addExact(
                Math.multiplyExact(steps, layout.blocksPerStep(LayerKind.GLOBAL)),
                Math.multiplyExact(localSteps, layout.blocksPerStep(LayerKind.LOCAL)));
    }

    private static Decoder.Layer layer(ModelConfig config, LayerWeights weights, KvLayout layout, int index) {
        LayerKind kind = config.layers().get(index).kind();
        int indexInKind = (int) config.layers().subList(0, index).stream()
                .filter(other -> other.kind() == kind)
                .count();
        FfnWeights ffn = weights.ffn();
        return new Decoder.Layer(
                kind == LayerKind.LOCAL,
                indexInKind / layout.layersPerBlock(),
                indexInKind % layout.layersPerBlock(),
                weights.attentionNorm(),
                weights.queryProj(),
                weights.keyProj(),
                weights.valueProj(),
                weights.outputProj(),
                weights.ffnNorm(),
                switch (ffn) {
                    case GatedFfn dense -> ffn(dense);
                    case MoeFfn moe -> ffn(moe.sharedExpert());
                },
                ffn instanceof MoeFfn moe
                        ? new Experts(
                                moe.router(),
                                moe.experts().stream().map(DeviceLlama4::ffn).toList())
                        : null);
    }

    private static Ffn ffn(GatedFfn ffn) {
        return new Ffn(ffn.gateProj(), ffn.upProj(), ffn.downProj());
    }

    /**
     * Runs a batch: writes its keys and values into the cache and computes the logits that it asks for.
     *
     * @return {@code batch.logitRows()} rows, slice after slice, valid until the next call
     */
    public Logits forward(Batch batch) {
        step.begin(batch);
        int tokens = step.tokens();
        int[] ids = new int[tokens];
        int[] positions = new int[tokens];
        int[] localFirst = new int[tokens];
        int[] sequenceOf = new int[tokens];
        for (int token = 0; token < tokens; token++) {
            ids[token] = step.tokenId(token);
            positions[token] = step.position(token);
            localFirst[token] = config.firstVisible(LayerKind.LOCAL, positions[token]);
            sequenceOf[token] = step.sliceOf(token);
        }
        return decoder.run(new DecoderStep(
                ids,
                positions,
                localFirst,
                sequenceOf,
                batch.slices().stream().map(this::blocks).toList(),
                step.rotations(),
                step.queryFactors(),
                logitTokens(batch),
                wishes(batch),
                images(batch)));
    }

    private SequenceBlocks blocks(Slice slice) {
        return new SequenceBlocks(
                slice.blocks().ids(LayerKind.LOCAL),
                slice.blocks().ids(LayerKind.GLOBAL),
                config.firstVisible(LayerKind.LOCAL, slice.firstPosition()),
                slice.firstPosition() + slice.tokens().length);
    }

    /** The last tokens of every slice that wants logits. */
    private static int[] logitTokens(Batch batch) {
        int[] tokens = new int[batch.logitRows()];
        int row = 0;
        int end = 0;
        for (Slice slice : batch.slices()) {
            end += slice.tokens().length;
            for (int token = end - slice.logitRows(); token < end; token++) {
                tokens[row++] = token;
            }
        }
        return tokens;
    }

    private static List<Wish> wishes(Batch batch) {
        List<Wish> wishes = new ArrayList<>();
        for (Slice slice : batch.slices()) {
            for (int row = 1; row <= slice.logitRows(); row++) {
                wishes.add(row < slice.logitRows() ? Wish.NONE : slice.wish());
            }
        }
        return wishes;
    }

    private static List<ImageRows> images(Batch batch) {
        List<ImageRows> rows = new ArrayList<>();
        int first = 0;
        for (Slice slice : batch.slices()) {
            for (ImageEmbedding image : slice.images()) {
                rows.add(new ImageRows(first + image.offset(), image.count(), image.rows(), image.firstRow()));
            }
            first += slice.tokens().length;
        }
        return rows;
    }

    @Override
    public void close() {
        decoder.close();
        arena.close();
    }
}
