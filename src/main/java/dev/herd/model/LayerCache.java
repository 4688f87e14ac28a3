package dev.herd.model;

import dev.herd.kernels.KvMemory;
import dev.herd.kernels.KvView;
import dev.herd.weights.ModelConfig;
import dev.herd.weights.ModelConfig.LayerKind;

/**
 * One layer's place in the key/value cache and its rule of what may be seen. A GLOBAL layer sees everything before; a
 * LOCAL one only its attention chunk, so that blocks of finished chunks can be given back (the scheduler does, by the
 * same {@link ModelConfig#firstVisible}). Attention does not know which kind it has.
 *
 * @param unit which of the kind's blocks holds the layer
 * @param offset where in that block, in bytes
 */
record LayerCache(ModelConfig config, LayerKind kind, KvLayout layout, KvMemory memory, int unit, long offset) {
    /** The cache of layer {@code layer}. */
    static LayerCache of(ModelConfig config, KvLayout layout, KvMemory memory, int layer) {
        LayerKind kind = config.layers().get(layer).kind();
        int indexInKind = (int) config.layers().subList(0, layer).stream()
                .filter(other -> other.kind() == kind)
                .count();
        return new LayerCache(
                config,
                kind,
                layout,
                memory,
                indexInKind / layout.layersPerBlock(),
                indexInKind % layout.layersPerBlock() * layout.shape().layerBytes());
    }

    /** The layer's keys and values of the sequence with these blocks. */
    KvView view(BlockTable blocks) {
        return new KvView(layout.shape(), memory, blocks.ids(kind), layout.blocksPerStep(kind), unit, offset);
    }

    /** The first position that a query at {@code position} attends to. */
    int firstVisible(int position) {
        return config.firstVisible(kind, position);
    }
}
