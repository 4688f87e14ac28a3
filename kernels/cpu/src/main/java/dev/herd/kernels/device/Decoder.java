package dev.herd.kernels.device;

import dev.herd.kernels.Floats;
import dev.herd.kernels.KvShape;
import dev.herd.kernels.WeightMatrix;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A text decoder as a device needs to know it. Matrices lie in the mapped checkpoint.
 *
 * @param embedding {@code [vocabularySize, hiddenSize]}
 * @param outputNorm {@code [hiddenSize]}
 * @param output {@code [vocabularySize, hiddenSize]}
 */
public record Decoder(
        Sizes sizes, Cache cache, WeightMatrix embedding, Floats outputNorm, WeightMatrix output, List<Layer> layers) {
    public Decoder {
        layers = List.copyOf(layers);
    }

    /**
     * Sizes that all layers share.
     *
     * @param maxTokens tokens of the largest step
     * @param seesImages whether rows of pictures may stand in for embeddings
     */
    public record Sizes(
            int hiddenSize,
            int vocabularySize,
            int headCount,
            int expertCount,
            int expertsPerToken,
            float normEpsilon,
            boolean usesQkNorm,
            int maxTokens,
            boolean seesImages) {}

    /**
     * The pool of key/value blocks. A block holds {@code layersPerBlock} layers of one kind; {@code blockSize} positions
     * take {@code localBlocks} blocks for the LOCAL layers and {@code globalBlocks} for the GLOBAL ones.
     *
     * @param blockCount ids run from 0 to {@code blockCount - 1}
     * @param tableEntries block ids of all sequences of a step together, at most
     */
    public record Cache(
            KvShape shape, int layersPerBlock, int localBlocks, int globalBlocks, int blockCount, int tableEntries) {}

    /**
     * One layer.
     *
     * @param isLocal whether positions are rotated and the past is that of the attention chunk
     * @param unit which of the kind's blocks holds its keys and values
     * @param place which layer of that block it is
     * @param attentionNorm {@code [hiddenSize]}
     * @param ffnNorm {@code [hiddenSize]}
     * @param ffn the dense feed-forward part, or the shared expert
     * @param experts routed experts, or null in a dense layer
     */
    public record Layer(
            boolean isLocal,
            int unit,
            int place,
            Floats attentionNorm,
            WeightMatrix queryProj,
            WeightMatrix keyProj,
            WeightMatrix valueProj,
            WeightMatrix outputProj,
            Floats ffnNorm,
            Ffn ffn,
            @Nullable Experts experts) {}

    /** {@code down(silu(gate(x)) · up(x))}. */
    public record Ffn(WeightMatrix gateProj, WeightMatrix upProj, WeightMatrix downProj) {}

    /**
     * The routed experts of a layer.
     *
     * @param router {@code [experts, hiddenSize]}
     */
    public record Experts(WeightMatrix router, List<Ffn> ffns) {
        public Experts {
            ffns = List.copyOf(ffns);
        }
    }
}
