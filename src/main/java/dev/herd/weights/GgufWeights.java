package dev.herd.weights;

import dev.herd.kernels.Floats;
import dev.herd.kernels.WeightMatrix;
import dev.herd.weights.ModelWeights.FfnWeights;
import dev.herd.weights.ModelWeights.GatedFfn;
import dev.herd.weights.ModelWeights.LayerWeights;
import dev.herd.weights.ModelWeights.MoeFfn;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Finds the tensors of a text decoder in a GGUF checkpoint and compares their shapes with the configuration. */
final class GgufWeights {
    static final String EMBEDDING = "token_embd.weight";
    static final String OUTPUT_NORM = "output_norm.weight";
    static final String OUTPUT = "output.weight";
    static final String ROPE_DIVISORS = "rope_freqs.weight";

    private final TensorSet tensors;
    private final ModelConfig config;

    private GgufWeights(TensorSet tensors, ModelConfig config) {
        this.tensors = tensors;
        this.config = config;
    }

    static ModelWeights read(TensorSet tensors, ModelConfig config) {
        return new GgufWeights(tensors, config).weights();
    }

    /** The name of a tensor of a layer. */
    static String layerName(int layer, String part) {
        return "blk." + layer + "." + part + ".weight";
    }

    private ModelWeights weights() {
        WeightMatrix embedding = tensors.require(EMBEDDING).matrix(config.vocabularySize(), config.hiddenSize());
        Floats outputNorm = tensors.require(OUTPUT_NORM).floats(config.hiddenSize());
        WeightMatrix output = tensors.find(OUTPUT)
                .map(tensor -> tensor.matrix(config.vocabularySize(), config.hiddenSize()))
                .orElse(embedding);
        List<LayerWeights> layers = new ArrayList<>();
        for (int layer = 0; layer < config.layerCount(); layer++) {
            layers.add(layer(layer));
        }
        return new ModelWeights(embedding, outputNorm, output, ropeDivisors(), layers);
    }

    private @Nullable Floats ropeDivisors() {
        Optional<StoredTensor> tensor = tensors.find(ROPE_DIVISORS);
        if (tensor.isEmpty()) {
            return null;
        }
        int pairs = config.headSize() / 2;
        Floats divisors = tensor.get().floats(pairs);
        for (int pair = 0; pair < pairs; pair++) {
            float divisor = divisors.get(pair);
            if (!(divisor > 0 && Float.isFinite(divisor))) {
                throw tensor.get().error("has " + divisor + " as element " + pair + ", which must be positive");
            }
        }
        return divisors;
    }

    private LayerWeights layer(int layer) {
        int hidden = config.hiddenSize();
        return new LayerWeights(
                tensor(layer, "attn_norm").floats(hidden),
                tensor(layer, "attn_q").matrix(config.querySize(), hidden),
                tensor(layer, "attn_k").matrix(config.keySize(), hidden),
                tensor(layer, "attn_v").matrix(config.keySize(), hidden),
                tensor(layer, "attn_output").matrix(hidden, config.querySize()),
                tensor(layer, "ffn_norm").floats(hidden),
                ffn(layer));
    }

    private FfnWeights ffn(int layer) {
        if (!config.layers().get(layer).isMoe()) {
            return gated(layer, "", config.denseFfnSize());
        }
        int experts = config.expertCount();
        int hidden = config.hiddenSize();
        int width = config.expertFfnSize();
        List<WeightMatrix> gates = tensor(layer, "ffn_gate_exps").matrices(experts, width, hidden);
        List<WeightMatrix> ups = tensor(layer, "ffn_up_exps").matrices(experts, width, hidden);
        List<WeightMatrix> downs = tensor(layer, "ffn_down_exps").matrices(experts, hidden, width);
        List<GatedFfn> routed = new ArrayList<>();
        for (int expert = 0; expert < experts; expert++) {
            routed.add(new GatedFfn(gates.get(expert), ups.get(expert), downs.get(expert)));
        }
        return new MoeFfn(tensor(layer, "ffn_gate_inp").matrix(experts, hidden), routed, gated(layer, "_shexp", width));
    }

    private GatedFfn gated(int layer, String suffix, int width) {
        return new GatedFfn(
                tensor(layer, "ffn_gate" + suffix).matrix(width, config.hiddenSize()),
                tensor(layer, "ffn_up" + suffix).matrix(width, config.hiddenSize()),
                tensor(layer, "ffn_down" + suffix).matrix(config.hiddenSize(), width));
    }

    private StoredTensor tensor(int layer, String part) {
        return tensors.require(layerName(layer, part));
    }
}
