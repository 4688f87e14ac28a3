package dev.herd.model;

import dev.herd.kernels.Floats;
import dev.herd.kernels.Kernels;
import dev.herd.kernels.KvView;
import dev.herd.model.Compute.Product;
import dev.herd.weights.ModelConfig;
import dev.herd.weights.ModelConfig.LayerKind;
import dev.herd.weights.ModelWeights.LayerWeights;

/**
 * The attention part of a layer (llama4.md 2.3 to 2.8). LOCAL layers rotate queries and keys and then, if the model
 * does, normalise every head; GLOBAL layers do neither and scale queries by the temperature. What may be attended to is
 * the {@link LayerCache}'s rule.
 */
record Attention(ModelConfig config, LayerWeights weights, LayerCache cache, Compute compute) {

    /** Computes {@code branch} from {@code normed}, and writes the step's keys and values into the cache. */
    void forward(Activations a, Step step) {
        compute.matMul(
                a.normed,
                step.tokens(),
                new Product(a.query, weights.queryProj()),
                new Product(a.key, weights.keyProj()),
                new Product(a.value, weights.valueProj()));
        KvView[] views = views(step);
        compute.workers().run(step.tokens(), (from, to, worker) -> {
            placeInSequence(a, step, from, to);
            for (int token = from; token < to; token++) {
                compute.kernels()
                        .storeKeyValue(views[step.sliceOf(token)], step.position(token), a.key, a.value, token);
            }
        });
        attend(a.attended, a.query, views, step);
        compute.matMul(a.branch, a.attended, weights.outputProj(), step.tokens());
    }

    private void placeInSequence(Activations a, Step step, int from, int to) {
        Kernels kernels = compute.kernels();
        int headSize = config.headSize();
        if (cache.kind() == LayerKind.GLOBAL) {
            kernels.scaleRows(a.query, step.queryFactors(), config.querySize(), from, to);
            return;
        }
        kernels.rope(a.query, step.rotations(), config.headCount(), headSize, from, to);
        kernels.rope(a.key, step.rotations(), config.kvHeadCount(), headSize, from, to);
        if (config.usesQkNorm()) {
            kernels.qkNorm(a.query, config.normEpsilon(), config.headCount(), headSize, from, to);
            kernels.qkNorm(a.key, config.normEpsilon(), config.kvHeadCount(), headSize, from, to);
        }
    }

    /** Work items run over the key/value heads first: a late token costs more than an early one, a head never does. */
    private void attend(Floats out, Floats query, KvView[] views, Step step) {
        int tokens = step.tokens();
        int groupSize = config.groupSize();
        compute.workers().run(config.kvHeadCount() * tokens, (from, to, worker) -> {
            for (int item = from; item < to; item++) {
                int kvHead = item / tokens;
                int token = item % tokens;
                int position = step.position(token);
                compute.kernels()
                        .attend(
                                out,
                                query,
                                views[step.sliceOf(token)],
                                token,
                                config.headCount(),
                                cache.firstVisible(position),
                                position,
                                kvHead * groupSize,
                                (kvHead + 1) * groupSize);
            }
        });
    }

    private KvView[] views(Step step) {
        KvView[] views = new KvView[step.batch().slices().size()];
        for (int slice = 0; slice < views.length; slice++) {
            views[slice] = cache.view(step.batch().slices().get(slice).blocks());
        }
        return views;
    }
}
