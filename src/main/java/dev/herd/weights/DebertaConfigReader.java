package dev.herd.weights;

import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * Makes a {@link DebertaConfig} of a Hugging Face {@code config.json}. An absent field means what it means to
 * transformers' {@code DebertaV2Config}; what that class can do and DeBERTa-v3 does not is refused by name.
 */
final class DebertaConfigReader {
    private static final int MAX_SIZE = 1 << 24;

    private final JsonFields fields;

    private DebertaConfigReader(JsonFields fields) {
        this.fields = fields;
    }

    static DebertaConfig read(Path file) {
        return new DebertaConfigReader(new JsonFields(file.toString(), Json.read(file))).config();
    }

    private DebertaConfig config() {
        requireText("model_type", "deberta-v2", "nothing");
        requireText("hidden_act", "gelu", "gelu");
        requireText("pooler_hidden_act", "gelu", "gelu");
        requireText("norm_rel_ebd", "layer_norm", "none");
        requireFlag("relative_attention", true, false);
        requireFlag("share_att_key", true, false);
        requireFlag("position_biased_input", false, true);
        requireNothing("type_vocab_size");
        requireNothing("conv_kernel_size");
        requireBothDirections();
        int hiddenSize = size("hidden_size", 1536);
        requireWidth("embedding_size", hiddenSize);
        requireWidth("pooler_hidden_size", hiddenSize);
        int maxPositions = size("max_position_embeddings", 512);
        int relative = fields.whole("max_relative_positions", -1, MAX_SIZE).orElse(-1);
        int buckets = fields.whole("position_buckets", -1, MAX_SIZE).orElse(-1);
        try {
            return new DebertaConfig(
                    hiddenSize,
                    size("vocab_size", 128_100),
                    size("num_hidden_layers", 24),
                    size("num_attention_heads", 24),
                    size("intermediate_size", 6144),
                    maxPositions,
                    Math.max(buckets, 0),
                    relative < 1 ? maxPositions : relative,
                    labelCount(),
                    fields.whole("pad_token_id", 0, MAX_SIZE).orElse(0),
                    (float) fields.real("layer_norm_eps").orElse(1e-7));
        } catch (IllegalArgumentException impossible) {
            throw new CheckpointException(
                    fields.where() + ": describes an impossible model: " + impossible.getMessage(), impossible);
        }
    }

    /** Stated by the names of the labels. */
    private int labelCount() {
        return fields.object("id2label")
                .map(labels -> labels.members().byName().size())
                .orElseGet(() -> fields.whole("num_labels", 1, MAX_SIZE).orElse(2));
    }

    /** A list of texts since transformers 5, in which the order means nothing, one text with bars before. */
    private void requireBothDirections() {
        String name = "pos_att_type";
        List<String> stated = fields.isArray(name)
                ? fields.texts(name).orElse(List.of())
                : List.of(fields.text(name).orElse("").split("\\|", -1));
        if (!new TreeSet<>(stated).equals(new TreeSet<>(Set.of("c2p", "p2c")))) {
            throw fields.error(name, "is " + stated + "; Herd computes c2p and p2c together");
        }
    }

    private void requireText(String name, String expected, String fallback) {
        String stated = fields.text(name).orElse(fallback);
        if (!stated.equals(expected)) {
            throw fields.error(name, "is '" + stated + "'; Herd runs classifiers in which it is '" + expected + "'");
        }
    }

    private void requireFlag(String name, boolean expected, boolean fallback) {
        if (fields.truthy(name, fallback) != expected) {
            throw fields.error(name, "is " + !expected + "; Herd runs classifiers in which it is " + expected);
        }
    }

    private void requireNothing(String name) {
        if (fields.whole(name, 0, MAX_SIZE).orElse(0) != 0) {
            throw fields.error(name, "is not 0; Herd runs DeBERTa-v3, which has no such part");
        }
    }

    private void requireWidth(String name, int hiddenSize) {
        int stated = size(name, hiddenSize);
        if (stated != hiddenSize) {
            throw fields.error(name, "is " + stated + " and not hidden_size, " + hiddenSize);
        }
    }

    private int size(String name, int fallback) {
        return fields.whole(name, 1, MAX_SIZE).orElse(fallback);
    }
}
