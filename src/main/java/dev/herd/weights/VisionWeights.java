package dev.herd.weights;

import dev.herd.kernels.Floats;
import dev.herd.kernels.WeightMatrix;
import java.util.List;

/**
 * The tensors of a vision tower, under Herd's names. Matrices lie in the mapped checkpoint; norms, biases and positions
 * are small and copied to floats when the checkpoint is opened.
 *
 * @param patchProj {@code [hiddenSize, patchValues]}, inputs channel by channel, each row by row
 * @param classEmbedding {@code [hiddenSize]}
 * @param positions {@code [patchCount + 1, hiddenSize]}, the class token's last
 * @param adapterIn {@code [outputSize, mergedSize]}
 * @param adapterOut {@code [outputSize, outputSize]}
 * @param projector {@code [ModelConfig.hiddenSize, outputSize]}
 */
public record VisionWeights(
        WeightMatrix patchProj,
        Floats classEmbedding,
        Floats positions,
        Norm preNorm,
        List<Layer> layers,
        Norm postNorm,
        WeightMatrix adapterIn,
        WeightMatrix adapterOut,
        WeightMatrix projector) {
    public VisionWeights {
        layers = List.copyOf(layers);
    }

    /**
     * One layer.
     *
     * @param queryProj {@code [hiddenSize, hiddenSize]}, rows of a head in adjacent-pair order; likewise the key's
     * @param ffnIn {@code [ffnSize, hiddenSize]}
     * @param ffnOut {@code [hiddenSize, ffnSize]}
     */
    public record Layer(
            Norm attentionNorm,
            Linear queryProj,
            Linear keyProj,
            Linear valueProj,
            Linear outputProj,
            Norm ffnNorm,
            Linear ffnIn,
            Linear ffnOut) {}

    /**
     * A layer norm.
     *
     * @param weight {@code [hiddenSize]}
     * @param bias {@code [hiddenSize]}
     */
    public record Norm(Floats weight, Floats bias) {}

    /**
     * A linear layer with a bias.
     *
     * @param bias {@code [weight.rows()]}
     */
    public record Linear(WeightMatrix weight, Floats bias) {}
}
