package dev.herd.model;

import dev.herd.kernels.Floats;
import dev.herd.kernels.Kernels;
import dev.herd.kernels.KvMemory;
import dev.herd.kernels.Workers;
import dev.herd.model.Batch.ImageEmbedding;
import dev.herd.model.Batch.Slice;
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
    private Floats logits = Floats.copyOf();

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
        this.activations = new Activations(config, arena, maxTokens);
        this.step = new Step(config, new Rope(config, weights.ropeDivisors()), arena, maxTokens);
        Router router = new Router(config.expertCount(), config.expertsPerToken(), maxTokens);
        for (int layer = 0; layer < config.layerCount(); layer++) {
            LayerWeights tensors = weights.layers().get(layer);
            LayerCache cache = LayerCache.of(config, layout, memory, layer);
            FeedForward feedForward = switch (tensors.ffn()) {
                case GatedFfn dense -> new DenseFfn(dense, compute);
                case MoeFfn moe -> new MoeLayer(moe, router, compute);
            };
            layers.add(new Layer(tensors, new Attention(config, tensors, cache, compute), feedForward));
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
        embed(a.hidden);
        for (Layer layer : layers) {
            norm(a.normed, a.hidden, layer.tensors.attentionNorm(), step.tokens());
            layer.attention.forward(a, step);
            compute.add(a.hidden, a.branch, config.hiddenSize(), step.tokens());

            norm(a.normed, a.hidden, layer.tensors.ffnNorm(), step.tokens());
            layer.feedForward.forward(a, step);
            compute.add(a.hidden, a.branch, config.hiddenSize(), step.tokens());
        }
        int rows = gatherLogitRows(a.branch, a.hidden);
        norm(a.normed, a.branch, weights.outputNorm(), rows);
        reserveLogits(rows);
        compute.matMul(logits, a.normed, weights.output(), rows);
        return logits;
    }

    private void embed(Floats hidden) {
        int size = config.hiddenSize();
        compute.workers().run(step.tokens(), (from, to, worker) -> {
            for (int token = from; token < to; token++) {
                compute.kernels().dequantizeRow(hidden, (long) token * size, weights.embedding(), step.tokenId(token));
            }
        });
        int first = 0;
        for (Slice slice : step.batch().slices()) {
            for (ImageEmbedding image : slice.images()) {
                long at = (long) (first + image.offset()) * size;
                hidden.write(at, image.rows(), image.firstRow() * size, image.count() * size);
            }
            first += slice.tokens().length;
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
        for (Slice slice : step.batch().slices()) {
            end += slice.tokens().length;
            long from = (long) end - slice.logitRows();
            out.copyFrom((long) row * size, hidden, from * size, (long) slice.logitRows() * size);
            row += slice.logitRows();
        }
        return row;
    }

    private void reserveLogits(int rows) {
        long needed = (long) rows * config.vocabularySize();
        if (logits.size() < needed) {
            logits = Floats.allocate(Arena.ofAuto(), needed);
        }
    }

    @Override
    public void close() {
        arena.close();
    }

    private record Layer(LayerWeights tensors, Attention attention, FeedForward feedForward) {}
}
