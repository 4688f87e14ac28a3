package dev.herd.weights;

import dev.herd.kernels.Floats;
import dev.herd.kernels.WeightMatrix;
import dev.herd.weights.VisionWeights.Linear;
import dev.herd.weights.VisionWeights.Norm;
import java.util.List;

/**
 * The tensors of a DeBERTa-v3 classifier, under Herd's names. Matrices lie in the mapped checkpoint; norms, biases and
 * the table of relative positions are copied to floats when it is opened.
 *
 * @param embedding {@code [vocabularySize, hiddenSize]}
 * @param relative {@code [2 * relativeSpan, hiddenSize]}, before its norm
 * @param pooler {@code [hiddenSize, hiddenSize]}
 * @param classifier {@code [labelCount, hiddenSize]}
 */
public record DebertaWeights(
        WeightMatrix embedding,
        Norm embeddingNorm,
        Floats relative,
        Norm relativeNorm,
        List<Layer> layers,
        Linear pooler,
        Linear classifier) {
    public DebertaWeights {
        layers = List.copyOf(layers);
    }

    /**
     * One layer. Query and key projection also project the relative positions.
     *
     * @param queryProj {@code [hiddenSize, hiddenSize]}; likewise the next three
     * @param ffnIn {@code [ffnSize, hiddenSize]}
     * @param ffnOut {@code [hiddenSize, ffnSize]}
     */
    public record Layer(
            Linear queryProj,
            Linear keyProj,
            Linear valueProj,
            Linear outputProj,
            Norm attentionNorm,
            Linear ffnIn,
            Linear ffnOut,
            Norm ffnNorm) {}
}
