package dev.herd.model;

import dev.herd.kernels.KvShape;
import dev.herd.kernels.TensorType;
import dev.herd.weights.ModelConfig;
import dev.herd.weights.ModelConfig.LayerKind;

/**
 * How the keys and values of all layers are spread over blocks of one size.
 *
 * <p>LOCAL and GLOBAL layers keep different stretches of a sequence, so each kind has its own blocks. To let both kinds
 * share one pool, a block holds {@code layersPerBlock} layers of one kind, the greatest common divisor of the two layer
 * counts; Scout's 36 and 12 give 12, and {@code blockSize} tokens take three blocks for the LOCAL layers and one for the
 * GLOBAL ones.
 *
 * @param shape one layer's part of a block
 */
public record KvLayout(KvShape shape, int layersPerBlock, int localBlocks, int globalBlocks) {
    /** The layout for a model. */
    public static KvLayout of(ModelConfig config, int blockSize, TensorType type) {
        int local = config.layerCount(LayerKind.LOCAL);
        int global = config.layerCount(LayerKind.GLOBAL);
        int layersPerBlock = greatestCommonDivisor(local, global);
        return new KvLayout(
                new KvShape(config.kvHeadCount(), config.headSize(), blockSize, type),
                layersPerBlock,
                local / layersPerBlock,
                global / layersPerBlock);
    }

    /** Tokens per block. */
    public int blockSize() {
        return shape.blockSize();
    }

    /** Bytes of one block. */
    public long blockBytes() {
        return Math.multiplyExact(shape.layerBytes(), (long) layersPerBlock);
    }

    /** Blocks that {@code blockSize} tokens take in the layers of {@code kind}. */
    public int blocksPerStep(LayerKind kind) {
        return kind == LayerKind.LOCAL ? localBlocks : globalBlocks;
    }

    private static int greatestCommonDivisor(int a, int b) {
        return b == 0 ? a : greatestCommonDivisor(b, a % b);
    }
}
