package dev.herd.cli;

import dev.herd.kernels.WeightMatrix;
import dev.herd.weights.ModelConfig;
import dev.herd.weights.ModelWeights;
import dev.herd.weights.ModelWeights.FfnWeights;
import dev.herd.weights.ModelWeights.GatedFfn;
import dev.herd.weights.ModelWeights.LayerWeights;
import dev.herd.weights.ModelWeights.MoeFfn;

/**
 * Parameters of a text decoder.
 *
 * @param total all of them
 * @param active those that take part in one token, embedding and output matrix included as usual
 */
record ParameterCount(long total, long active) {
    static ParameterCount of(ModelConfig config, ModelWeights weights) {
        long total = size(weights.embedding()) + weights.outputNorm().size();
        if (!weights.output().equals(weights.embedding())) {
            total += size(weights.output());
        }
        long idle = 0;
        for (LayerWeights layer : weights.layers()) {
            total += layer.attentionNorm().size() + layer.ffnNorm().size();
            total += size(layer.queryProj()) + size(layer.keyProj());
            total += size(layer.valueProj()) + size(layer.outputProj());
            total += size(layer.ffn());
            if (layer.ffn() instanceof MoeFfn moe) {
                idle += (config.expertCount() - config.expertsPerToken())
                        * size(moe.experts().getFirst());
            }
        }
        return new ParameterCount(total, total - idle);
    }

    private static long size(FfnWeights ffn) {
        return switch (ffn) {
            case GatedFfn dense -> size(dense.gateProj()) + size(dense.upProj()) + size(dense.downProj());
            case MoeFfn moe ->
                size(moe.router())
                        + size(moe.sharedExpert())
                        + moe.experts().stream().mapToLong(ParameterCount::size).sum();
        };
    }

    private static long size(WeightMatrix matrix) {
        return (long) matrix.rows() * matrix.columns();
    }
}
