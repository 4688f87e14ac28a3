package dev.herd.model;

import dev.herd.kernels.Kernels;
import dev.herd.kernels.KvView;
import dev.herd.model.Batch.Slice;
import dev.herd.model.Compute.LayerPart;
import dev.herd.model.Compute.Product;
import dev.herd.weights.ModelConfig;
import dev.herd.weights.ModelConfig.LayerKind;
import dev.herd.weights.ModelWeights.LayerWeights;
import java.util.ArrayList;
import java.util.List;

/**
 * The attention part of a layer (llama4.md 2.3 to 2.8). LOCAL layers rotate queries and keys and then, if the model
 * does, normalise every head; GLOBAL layers do neither and scale queries by the temperature. What may be attended to is
 * the {@link LayerCache}'s rule.
 */
final class Attention {
    private final ModelConfig config;
    private final LayerCache cache;
    private final Compute compute;
    private final Activations a;
    private final Step step;
    private final Product[] projections;
    private final Product[] output;
    private final LayerPart place = this::place;
    private final LayerPart attend = this::attend;
    private final List<KvView> views = new ArrayList<>(); // [slices], those of the last step

    Attention(ModelConfig config, LayerWeights weights, LayerCache cache, Compute compute, Activations a, Step step) {
        this.config = config;
        this.cache = cache;
        this.compute = compute;
        this.a = a;
        this.step = step;
        this.projections = new Product[] {
            new Product(a.query, weights.queryProj()),
            new Product(a.key, weights.keyProj()),
            new Product(a.value, weights.valueProj())
        };
        this.output = new Product[] {new Product(a.branch, weights.outputProj())};
    }

    /** Computes {@code branch} from {@code normed}, and writes the step's keys and values into the cache. */
    void forward() {
        compute.multiply(a.normed, step.tokens(), projections);
        renewViews();
        compute.run(step.tokens(), place);
        compute.run(config.kvHeadCount() * step.tokens(), attend);
        compute.multiply(a.attended, step.tokens(), output);
    }

    /** Rotates, normalises and scales queries and keys, and stores keys and values. */
    private void place(int from, int to) {
        Kernels kernels = compute.kernels();
        int headSize = config.headSize();
        if (cache.kind() == LayerKind.GLOBAL) {
            kernels.scaleRows(a.query, step.queryFactors(), config.querySize(), from, to);
        } else {
            kernels.rope(a.query, step.rotations(), config.headCount(), headSize, from, to);
            kernels.rope(a.key, step.rotations(), config.kvHeadCount(), headSize, from, to);
            if (config.usesQkNorm()) {
                kernels.qkNorm(a.query, config.normEpsilon(), config.headCount(), headSize, from, to);
                kernels.qkNorm(a.key, config.normEpsilon(), config.kvHeadCount(), headSize, from, to);
            }
        }
        for (int token = from; token < to; token++) {
            kernels.storeKeyValue(views.get(step.sliceOf(token)), step.position(token), a.key, a.value, token);
        }
    }

    /** Work items run over the key/value heads first: a late token costs more than an early one, a head never does. */
    private void attend(int from, int to) {
        int tokens = step.tokens();
        int groupSize = config.groupSize();
        for (int item = from; item < to; item++) {
            int kvHead = item / tokens;
            int token = item % tokens;
            int position = step.position(token);
            compute.kernels()
                    .attend(
                            a.attended,
                            a.query,
                            views.get(step.sliceOf(token)),
                            token,
                            config.headCount(),
                            cache.firstVisible(position),
                            position,
                            kvHead * groupSize,
                            (kvHead + 1) * groupSize);
        }
    }

    /** Views are kept while the slices are those of the same sequences, as they are from one decoded token to the next. */
    @SuppressWarnings("ReferenceEquality") // the same array, whose ids may have changed
    private void renewViews() {
        List<Slice> slices = step.batch().slices();
        for (int slice = 0; slice < slices.size(); slice++) {
            BlockTable blocks = slices.get(slice).blocks();
            if (slice == views.size()) {
                views.add(cache.view(blocks));
            } else if (views.get(slice).ids() != blocks.ids(cache.kind())) {
                views.set(slice, cache.view(blocks));
            }
        }
    }
}
