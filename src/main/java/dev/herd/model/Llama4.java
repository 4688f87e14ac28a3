package dev.herd.model;

import dev.herd.kernels.Floats;
import dev.herd.kernels.Kernels;
import dev.herd.kernels.KvMemory;
import dev.herd.kernels.Workers;
import dev.herd.model.Batch.ImageEmbedding;
import dev.herd.model.Batch.Slice;
import dev.herd.model.Compute.LayerPart;
import dev.herd.model.Compute.Product;
import dev.herd.weights.ModelConfig;
import dev.herd.weights.ModelWeights;
import dev.herd.weights.ModelWeights.GatedFfn;
import dev.herd.weights.ModelWeights.LayerWeights;
import dev.herd.weights.ModelWeights.MoeFfn;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;

/**
 * The Llama 4 text decoder: Scout (all layers MoE), Maverick (dense and MoE layers in turn) and dense models such as
 * Llama Guard 4 are one forward pass that reads its {@link ModelConfig}. Used by one thread at a time.
 */
public final class Llama4 implements AutoCloseable {
    private final ModelConfig config;
    private final ModelWeights weights;
    private final Compute compute;
    private final Arena arena = Arena.ofShared();
    private final Activations activations;
    private final Step step;
    private final List<Layer> layers = new ArrayList<>();
    private final LayerPart embed = this::embed;
    private final Product[] output; // the one that yields the logits

    /**
     * @param memory where keys and values are kept; block tables of a batch name its blocks
     * @param maxTokens tokens of the largest batch
     */
    public Llama4(
            ModelConfig config,
            ModelWeights weights,
            KvLayout layout,
            KvMemory memory,
            Kernels kernels,
            Workers workers,
            int maxTokens) {
        this.config = config;
        this.weights = weights;
        this.compute = new Compute(kernels, workers);
        this.output = new Product[] {new Product(Floats.copyOf(), weights.output())};
        this.activations = new Activations(config, arena, maxTokens);
        this.step = new Step(config, new Rope(config, weights.ropeDivisors()), arena, maxTokens);
        Router router = new Router(config.expertCount(), config.expertsPerToken(), maxTokens);
        for (int layer = 0; layer < config.layerCount(); layer++) {
            LayerWeights tensors = weights.layers().get(layer);
            LayerCache cache = LayerCache.of(config, layout, memory, layer);
            FeedForward feedForward = tensors.ffn() instanceof MoeFfn moe
                    ? new MoeLayer(moe, router, compute, activations, step)
                    : new DenseFfn((GatedFfn) tensors.ffn(), compute, activations, step);
            Attention attention = new Attention(config, tensors, cache, compute, activations, step);
            layers.add(new Layer(tensors, attention, feedForward));
        }
    }

    /**
     * Runs a batch: writes its keys and values into the cache and computes the logits that it asks for.
     *
     * @return {@code [batch.logitRows(), vocabularySize]}, slice after slice, valid until the next call
     */
    public Floats forward(Batch batch) {
        Activations a = activations;
        step.begin(batch);
        compute.run(step.tokens(), embed);
        placeImages(a.hidden);
        for (int i = 0; i < layers.size(); i++) {
            Layer layer = layers.get(i);
            norm(a.normed, a.hidden, layer.tensors.attentionNorm(), step.tokens());
            layer.attention.forward();
            compute.add(a.hidden, a.branch, config.hiddenSize(), step.tokens());

            norm(a.normed, a.hidden, layer.tensors.ffnNorm(), step.tokens());
            layer.feedForward.forward();
            compute.add(a.hidden, a.branch, config.hiddenSize(), step.tokens());
        }
        int rows = gatherLogitRows(a.branch, a.hidden);
        norm(a.normed, a.branch, weights.outputNorm(), rows);
        reserveLogits(rows);
        compute.multiply(a.normed, rows, output);
        return output[0].out();
    }

    private void embed(int from, int to) {
        for (int token = from; token < to; token++) {
            long out = (long) token * config.hiddenSize();
            compute.kernels().dequantizeRow(activations.hidden, out, weights.embedding(), step.tokenId(token));
        }
    }

    /** Puts the rows of encoded pictures in the places of their tokens. */
    private void placeImages(Floats hidden) {
        int size = config.hiddenSize();
        int first = 0;
        List<Slice> slices = step.batch().slices();
        for (int i = 0; i < slices.size(); i++) {
            List<ImageEmbedding> images = slices.get(i).images();
            for (int k = 0; k < images.size(); k++) {
                ImageEmbedding image = images.get(k);
                long at = (long) (first + image.offset()) * size;
                hidden.write(at, image.rows(), image.firstRow() * size, image.count() * size);
            }
            first += slices.get(i).tokens().length;
        }
    }

    private void norm(Floats out, Floats x, Floats weight, int tokens) {
        compute.rmsNorm(out, x, weight, config.normEpsilon(), config.hiddenSize(), tokens);
    }

    /** Copies the last rows of every slice that wants logits to the front of {@code out} and counts them. */
    private int gatherLogitRows(Floats out, Floats hidden) {
        int size = config.hiddenSize();
        int row = 0;
        int end = 0;
        List<Slice> slices = step.batch().slices();
        for (int i = 0; i < slices.size(); i++) {
            Slice slice = slices.get(i);
            end += slice.tokens().length;
            long from = (long) end - slice.logitRows();
            out.copyFrom((long) row * size, hidden, from * size, (long) slice.logitRows() * size);
            row += slice.logitRows();
        }
        return row;
    }

    private void reserveLogits(int rows) {
        long needed = (long) rows * config.vocabularySize();
        if (output[0].out().size() < needed) {
            output[0] = new Product(Floats.allocate(Arena.ofAuto(), needed), weights.output());
        }
    }

    @Override
    public void close() {
        arena.close();
    }

    private record Layer(LayerWeights tensors, Attention attention, FeedForward feedForward) {}
}
