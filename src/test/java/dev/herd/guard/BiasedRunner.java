package dev.herd.guard;

import dev.herd.engine.ModelRunner;
import dev.herd.kernels.Floats;
import dev.herd.model.Batch;
import dev.herd.model.KvLayout;
import dev.herd.model.vision.Tile;
import dev.herd.weights.ModelConfig;
import dev.herd.weights.VisionConfig;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A model that is made to prefer some tokens behind others, so that a random one writes verdicts. */
final class BiasedRunner implements ModelRunner {
    private final ModelRunner model;
    private final Map<Integer, Map<Integer, Float>> biases = new HashMap<>();

    BiasedRunner(ModelRunner model) {
        this.model = model;
    }

    /** Adds {@code bias} to the logit of {@code next} behind {@code last}. */
    void prefer(int last, int next, float bias) {
        biases.computeIfAbsent(last, token -> new HashMap<>()).put(next, bias);
    }

    @Override
    public Floats run(Batch batch) {
        Floats logits = model.run(batch);
        long row = 0;
        for (Batch.Slice slice : batch.slices()) {
            int count = slice.logitRows();
            for (int i = 0; i < count; i++) {
                int last = slice.tokens()[slice.tokens().length - count + i];
                long from = row++ * config().vocabularySize();
                biases.getOrDefault(last, Map.of())
                        .forEach((next, bias) -> logits.set(from + next, logits.get(from + next) + bias));
            }
        }
        return logits;
    }

    @Override
    public ModelConfig config() {
        return model.config();
    }

    @Override
    public KvLayout kvLayout() {
        return model.kvLayout();
    }

    @Override
    public int blockCount() {
        return model.blockCount();
    }

    @Override
    public int maxBatchTokens() {
        return model.maxBatchTokens();
    }

    @Override
    public Optional<VisionConfig> vision() {
        return model.vision();
    }

    @Override
    public int maxBatchTiles() {
        return model.maxBatchTiles();
    }

    @Override
    public Floats encode(List<Tile> tiles) {
        return model.encode(tiles);
    }

    @Override
    public String description() {
        return model.description();
    }

    @Override
    public void close() {
        model.close();
    }
}
