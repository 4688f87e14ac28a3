package dev.herd.engine;

import dev.herd.kernels.Floats;
import dev.herd.kernels.device.Logits;
import dev.herd.model.Batch;
import dev.herd.model.KvLayout;
import dev.herd.model.vision.Tile;
import dev.herd.weights.ModelConfig;
import dev.herd.weights.VisionConfig;
import java.util.List;
import java.util.Optional;

/**
 * What a backend replaces as a whole: it holds the weights and the key/value memory and turns a batch into logits. The
 * CPU composes {@link dev.herd.kernels.Kernels}; a GPU runs task graphs. Called by the engine's thread only.
 */
public interface ModelRunner extends AutoCloseable {
    /** The model. */
    ModelConfig config();

    /** The vision tower; empty if the model sees no pictures. */
    default Optional<VisionConfig> vision() {
        return Optional.empty();
    }

    /** How keys and values are laid out; block ids of a batch run from 0 to {@link #blockCount()} - 1. */
    KvLayout kvLayout();

    /** Blocks that the memory budget allows. */
    int blockCount();

    /** Most tokens that one batch may hold. */
    int maxBatchTokens();

    /**
     * Runs the model.
     *
     * @return {@code [batch.logitRows(), vocabularySize]}, valid until the next call
     */
    Floats run(Batch batch);

    /**
     * The same for who wants to know as little of the logits as possible: a device keeps them, and finds what slices wish for.
     *
     * @return {@code batch.logitRows()} rows, valid until the next call
     */
    default Logits start(Batch batch) {
        return Logits.of(run(batch), config().vocabularySize());
    }

    /** Most tiles that one call of {@link #encode} may take; 0 without a vision tower. */
    default int maxBatchTiles() {
        return 0;
    }

    /**
     * Runs the vision tower.
     *
     * @param tiles at least one, of one picture or of several
     * @return {@code [tiles.size() * tokensPerTile, hiddenSize]}, what stands in for the embeddings of their placeholder
     *     tokens; valid until the next call
     */
    default Floats encode(List<Tile> tiles) {
        throw new UnsupportedOperationException("this model has no vision tower");
    }

    /** Whether that runs on a device, and not on the processor. */
    default boolean encodesOnDevice() {
        return false;
    }

    /** One line for the log: backend, kernels, threads. */
    String description();

    /** What of it decides which answer a seed gives: the same at every start. */
    default String identity() {
        return description();
    }

    @Override
    void close();
}
