package dev.herd.weights;

import dev.herd.kernels.Floats;
import dev.herd.kernels.WeightMatrix;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The tensors of a text decoder, under Herd's names. Matrices lie in the mapped checkpoint; norms are small and copied
 * to floats when the checkpoint is opened.
 *
 * @param embedding {@code [vocabularySize, hiddenSize]}
 * @param outputNorm {@code [hiddenSize]}
 * @param output {@code [vocabularySize, hiddenSize]}; the embedding if the checkpoint ties them
 * @param ropeDivisors {@code [headSize / 2]}: divisors of the rotary frequencies as GGUF stores them; null if the
 *     configuration's {@code ropeScaling} is to be applied, if any
 */
public record ModelWeights(
        WeightMatrix embedding,
        Floats outputNorm,
        WeightMatrix output,
        @Nullable Floats ropeDivisors,
        List<LayerWeights> layers) {
    public ModelWeights {
        layers = List.copyOf(layers);
    }

    /**
     * One layer.
     *
     * @param attentionNorm {@code [hiddenSize]}
     * @param queryProj {@code [headCount * headSize, hiddenSize]}, rows of a head in adjacent-pair order
     * @param keyProj {@code [kvHeadCount * headSize, hiddenSize]}, likewise
     * @param valueProj {@code [kvHeadCount * headSize, hiddenSize]}
     * @param outputProj {@code [hiddenSize, headCount * headSize]}
     * @param ffnNorm {@code [hiddenSize]}
     */
    public record LayerWeights(
            Floats attentionNorm,
            WeightMatrix queryProj,
            WeightMatrix keyProj,
            WeightMatrix valueProj,
            WeightMatrix outputProj,
            Floats ffnNorm,
            FfnWeights ffn) {}

    /** The feed-forward part of a layer. */
    public sealed interface FfnWeights permits GatedFfn, MoeFfn {}

    /**
     * {@code down(silu(gate(x)) · up(x))}: a dense layer, a routed expert or a shared expert.
     *
     * @param gateProj {@code [ffnSize, hiddenSize]}
     * @param upProj {@code [ffnSize, hiddenSize]}
     * @param downProj {@code [hiddenSize, ffnSize]}
     */
    public record GatedFfn(WeightMatrix gateProj, WeightMatrix upProj, WeightMatrix downProj) implements FfnWeights {}

    /**
     * Mixture of experts.
     *
     * @param router {@code [expertCount, hiddenSize]}
     */
    public record MoeFfn(WeightMatrix router, List<GatedFfn> experts, GatedFfn sharedExpert) implements FfnWeights {
        public MoeFfn {
            experts = List.copyOf(experts);
        }
    }
}
