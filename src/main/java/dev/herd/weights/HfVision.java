package dev.herd.weights;

import dev.herd.weights.VisionTensors.LayerNames;
import dev.herd.weights.VisionTensors.Names;
import java.util.Optional;

/** The vision tower of a Hugging Face checkpoint; absent fields mean what they mean to its {@code Llama4VisionConfig}. */
final class HfVision {
    private static final int MAX_SIZE = 1 << 24;

    /** The configuration states a norm_eps, but transformers' model leaves the norms at PyTorch's default. */
    private static final float NORM_EPSILON = 1e-5f;

    private static final String TOWER = "vision_model.";
    private static final Names NAMES = new Names(
            TOWER + "patch_embedding.linear",
            TOWER + "class_embedding",
            TOWER + "positional_embedding_vlm",
            TOWER + "layernorm_pre",
            TOWER + "layernorm_post",
            TOWER + "vision_adapter.mlp.fc1",
            TOWER + "vision_adapter.mlp.fc2",
            "multi_modal_projector.linear_1",
            TOWER + "model.layers.%d.",
            new LayerNames(
                    "input_layernorm",
                    "self_attn.q_proj",
                    "self_attn.k_proj",
                    "self_attn.v_proj",
                    "self_attn.o_proj",
                    "post_attention_layernorm",
                    "mlp.fc1",
                    "mlp.fc2"));

    private final JsonFields fields;

    private HfVision(JsonFields fields) {
        this.fields = fields;
    }

    /** The tower, if the checkpoint has its tensors; text-only exports keep the fields and leave these out. */
    static Optional<VisionTower> read(Optional<JsonFields> fields, TensorSet tensors, int textSize) {
        boolean hasTensors =
                tensors.all().stream().anyMatch(tensor -> tensor.name().startsWith(TOWER));
        if (fields.isEmpty() || !hasTensors) {
            return Optional.empty();
        }
        VisionConfig config = new HfVision(fields.get()).config();
        return Optional.of(new VisionTensors(tensors, NAMES, config, textSize).read());
    }

    private VisionConfig config() {
        String activation = fields.text("hidden_act").orElse("gelu");
        if (!activation.equals("gelu")) {
            throw fields.error("hidden_act", "is '" + activation + "'; Herd computes 'gelu' only");
        }
        if (fields.truthy("multi_modal_projector_bias", false)) {
            throw fields.error("multi_modal_projector_bias", "is true; Herd's projector has no bias");
        }
        int channels = size("num_channels", 3);
        if (channels != 3) {
            throw fields.error("num_channels", "is " + channels + "; Herd's pictures have 3");
        }
        try {
            return unchecked();
        } catch (IllegalArgumentException e) {
            throw new CheckpointException(
                    fields.where() + ": describes an impossible vision tower: " + e.getMessage(), e);
        }
    }

    private VisionConfig unchecked() {
        int hiddenSize = size("hidden_size", 768);
        int shuffleFactor = shuffleFactor();
        int ffnSize = size("intermediate_size", 5632);
        int outputSize = size("vision_output_dim", 7680);
        for (String name : new String[] {"projector_input_dim", "projector_output_dim"}) {
            int other = size(name, outputSize);
            if (other != outputSize) {
                throw fields.error(name, "is " + other + ", but the tower's output is " + outputSize + " wide");
            }
        }
        return new VisionConfig(
                size("image_size", 448),
                size("patch_size", 14),
                hiddenSize,
                size("num_attention_heads", 16),
                ffnSize,
                fields.whole("num_hidden_layers", 1, ModelConfig.MAX_LAYERS).orElse(34),
                shuffleFactor,
                outputSize,
                NORM_EPSILON,
                ropeTheta());
    }

    /** Stated as its reciprocal. */
    private int shuffleFactor() {
        String name = "pixel_shuffle_ratio";
        double ratio = fields.real(name).orElse(0.5);
        double factor = 1 / ratio;
        if (!(ratio > 0 && ratio <= 1) || Math.abs(factor - Math.rint(factor)) > 1e-6 * factor) {
            throw fields.error(name, "is " + ratio + ", not one over a whole number");
        }
        return (int) Math.rint(factor);
    }

    private float ropeTheta() {
        double outer = fields.real("rope_theta").orElse(10_000);
        return (float) fields.object("rope_parameters")
                .map(rope -> rope.real("rope_theta").orElse(outer))
                .orElse(outer)
                .doubleValue();
    }

    private int size(String name, int fallback) {
        return fields.whole(name, 1, MAX_SIZE).orElse(fallback);
    }
}
