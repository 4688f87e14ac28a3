package dev.herd.weights;

import dev.herd.kernels.WeightMatrix;
import dev.herd.weights.ModelWeights.FfnWeights;
import dev.herd.weights.ModelWeights.GatedFfn;
import dev.herd.weights.ModelWeights.LayerWeights;
import dev.herd.weights.ModelWeights.MoeFfn;
import java.util.ArrayList;
import java.util.List;

/** Finds the tensors of a text decoder in a Hugging Face checkpoint and compares their shapes with the configuration. */
final class HfWeights {
    private static final String EMBEDDING = "embed_tokens";

    private final TensorSet tensors;
    private final HfLinears linears;
    private final ModelConfig config;
    private final HfConfig.Family family;
    private final String prefix;

    private HfWeights(TensorSet tensors, ModelConfig config, HfConfig.Family family) {
        this.tensors = tensors;
        this.linears = new HfLinears(tensors);
        this.config = config;
        this.family = family;
        this.prefix = tensors.has("model." + EMBEDDING + ".weight") ? "" : "language_model.";
    }

    /**
     * The weights; names may begin with {@code language_model.} (the multimodal class) or not (the text-only one).
     *
     * @param family decides about names and the order of rows
     * @param tied whether the embedding serves as output matrix if there is none
     */
    static ModelWeights read(TensorSet tensors, ModelConfig config, HfConfig.Family family, boolean tied) {
        return new HfWeights(tensors, config, family).weights(tied);
    }

    private ModelWeights weights(boolean tied) {
        int hidden = config.hiddenSize();
        WeightMatrix embedding = linears.linear(prefix + "model." + EMBEDDING, config.vocabularySize(), hidden);
        String head = prefix + "lm_head";
        boolean hasHead = tensors.has(head + ".weight") || tensors.has(head + ".weight_packed");
        WeightMatrix output = tied && !hasHead ? embedding : linears.linear(head, config.vocabularySize(), hidden);
        List<LayerWeights> layers = new ArrayList<>();
        for (int layer = 0; layer < config.layerCount(); layer++) {
            layers.add(layer(layer, prefix + "model.layers." + layer + "."));
        }
        return new ModelWeights(
                embedding, tensors.require(prefix + "model.norm.weight").floats(hidden), output, null, layers);
    }

    private LayerWeights layer(int layer, String name) {
        int hidden = config.hiddenSize();
        String ffn = name + family.feedForward();
        FfnWeights ffnWeights = config.layers().get(layer).isMoe() ? moe(ffn) : gated(ffn, config.denseFfnSize());
        return new LayerWeights(
                tensors.require(name + "input_layernorm.weight").floats(hidden),
                rotated(name + "self_attn.q_proj", config.querySize()),
                rotated(name + "self_attn.k_proj", config.keySize()),
                linears.linear(name + "self_attn.v_proj", config.keySize(), hidden),
                linears.linear(name + "self_attn.o_proj", hidden, config.querySize()),
                tensors.require(name + "post_attention_layernorm.weight").floats(hidden),
                ffnWeights);
    }

    /** A projection whose rows are rotated in pairs. */
    private WeightMatrix rotated(String name, int rows) {
        WeightMatrix stored = linears.linear(name, rows, config.hiddenSize());
        return switch (family) {
            case LLAMA_4 -> stored;
            case LLAMA -> new HalfSplitRows(config.headSize()).adjacent(stored);
        };
    }

    private MoeFfn moe(String name) {
        int width = config.expertFfnSize();
        return new MoeFfn(
                linears.linear(name + "router", config.expertCount(), config.hiddenSize()),
                tensors.has(name + "experts.gate_up_proj") ? fused(name) : unfused(name, width),
                gated(name + "shared_expert.", width));
    }

    private List<GatedFfn> unfused(String name, int width) {
        List<GatedFfn> experts = new ArrayList<>();
        for (int expert = 0; expert < config.expertCount(); expert++) {
            experts.add(gated(name + "experts." + expert + ".", width));
        }
        return experts;
    }

    /** Experts in one tensor for gate and up projection and one for the down projection, both input by input. */
    private List<GatedFfn> fused(String name) {
        int width = config.expertFfnSize();
        int hidden = config.hiddenSize();
        StoredTensor gateUp = tensors.require(name + "experts.gate_up_proj");
        StoredTensor down = tensors.require(name + "experts.down_proj");
        HfLinears.FusedShape gateUpShape =
                new HfLinears.FusedShape(config.expertCount(), hidden, Math.multiplyExact(2, width));
        HfLinears.FusedShape downShape = new HfLinears.FusedShape(config.expertCount(), width, hidden);
        List<WeightMatrix> gates = HfLinears.fused(gateUp, gateUpShape, 0, width);
        List<WeightMatrix> ups = HfLinears.fused(gateUp, gateUpShape, width, width);
        List<WeightMatrix> downs = HfLinears.fused(down, downShape, 0, hidden);
        List<GatedFfn> experts = new ArrayList<>();
        for (int expert = 0; expert < config.expertCount(); expert++) {
            experts.add(new GatedFfn(gates.get(expert), ups.get(expert), downs.get(expert)));
        }
        return experts;
    }

    private GatedFfn gated(String name, int width) {
        return new GatedFfn(
                linears.linear(name + "gate_proj", width, config.hiddenSize()),
                linears.linear(name + "up_proj", width, config.hiddenSize()),
                linears.linear(name + "down_proj", config.hiddenSize(), width));
    }
}
