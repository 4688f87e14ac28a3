package dev.herd.cli;

import dev.herd.kernels.TensorType;
import dev.herd.weights.ModelConfig;
import dev.herd.weights.ModelConfig.LayerKind;

/**
 * Bytes of keys and values of one sequence.
 *
 * @param tokens length of the sequence
 * @param kept what Herd keeps: LOCAL layers no more than one attention chunk
 * @param everything what keeping every position of every layer would take
 */
record KvMemoryNeed(int tokens, TensorType type, long kept, long everything) {
    static KvMemoryNeed of(ModelConfig config, int tokens, TensorType type) {
        long bytesPerTokenAndLayer = 2 * type.bytes(config.keySize());
        long inChunk = config.attentionChunkSize() > 0 ? Math.min(tokens, config.attentionChunkSize()) : tokens;
        long local = config.layerCount(LayerKind.LOCAL);
        long global = config.layerCount(LayerKind.GLOBAL);
        return new KvMemoryNeed(
                tokens,
                type,
                Math.multiplyExact(bytesPerTokenAndLayer, global * tokens + local * inChunk),
                Math.multiplyExact(bytesPerTokenAndLayer, (global + local) * tokens));
    }
}
