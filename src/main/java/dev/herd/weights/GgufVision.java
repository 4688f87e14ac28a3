package dev.herd.weights;

import dev.herd.weights.VisionTensors.LayerNames;
import dev.herd.weights.VisionTensors.Names;
import java.util.List;
import java.util.Optional;

/**
 * The vision tower of a GGUF file of architecture {@code clip}, commonly named {@code mmproj}. The file says how it was
 * converted, but Herd computes what Hugging Face's model does, also where llama.cpp takes short cuts (llama4.md 4.7).
 */
final class GgufVision {
    static final String ARCHITECTURE = "clip";
    static final String PROJECTOR = "llama4";
    static final String HAS_TOWER = "clip.has_vision_encoder";
    static final String USE_GELU = "clip.use_gelu";
    static final String PROJECTOR_TYPE = "clip.projector_type";
    static final String VISION_PROJECTOR_TYPE = "clip.vision.projector_type";
    static final String IMAGE_SIZE = "clip.vision.image_size";
    static final String PATCH_SIZE = "clip.vision.patch_size";
    static final String EMBEDDING_LENGTH = "clip.vision.embedding_length";
    static final String FEED_FORWARD_LENGTH = "clip.vision.feed_forward_length";
    static final String BLOCK_COUNT = "clip.vision.block_count";
    static final String HEAD_COUNT = "clip.vision.attention.head_count";
    static final String NORM_EPSILON = "clip.vision.attention.layer_norm_epsilon";
    static final String PROJECTION_DIM = "clip.vision.projection_dim";
    static final String SCALE_FACTOR = "clip.vision.projector.scale_factor";
    static final String IMAGE_MEAN = "clip.vision.image_mean";
    static final String IMAGE_STD = "clip.vision.image_std";

    /** Herd's own key, see docs/gguf-keys.md. */
    static final String ROPE_FREQ_BASE = "clip.vision.rope.freq_base";

    static final float DEFAULT_ROPE_THETA = 10_000;

    static final Names NAMES = new Names(
            "v.patch_embd",
            "v.class_embd",
            "v.position_embd.weight",
            "v.pre_ln",
            "v.post_ln",
            "mm.model.mlp.1",
            "mm.model.mlp.2",
            "mm.model.fc",
            "v.blk.%d.",
            new LayerNames("ln1", "attn_q", "attn_k", "attn_v", "attn_out", "ln2", "ffn_up", "ffn_down"));

    private static final int MAX_SIZE = 1 << 24;

    private final GgufMetadata metadata;
    private final TensorSet tensors;

    private GgufVision(GgufReader.Contents contents) {
        this.metadata = contents.metadata();
        this.tensors = new TensorSet(contents.file());
        contents.tensors().forEach(tensors::add);
    }

    /** Whether a file says that it holds a vision tower of Llama 4. */
    static boolean isTower(GgufReader.Contents contents) {
        GgufMetadata metadata = contents.metadata();
        return metadata.text(GgufKeys.ARCHITECTURE).equals(Optional.of(ARCHITECTURE))
                && projector(metadata).equals(Optional.of(PROJECTOR));
    }

    private static Optional<String> projector(GgufMetadata metadata) {
        return metadata.text(VISION_PROJECTOR_TYPE).or(() -> metadata.text(PROJECTOR_TYPE));
    }

    /** The tower in {@code contents} for a text decoder of width {@code textSize}. */
    static VisionTower read(GgufReader.Contents contents, int textSize) {
        GgufVision file = new GgufVision(contents);
        file.requireTower(textSize);
        try {
            return new VisionTensors(file.tensors, NAMES, file.config(), textSize).read();
        } catch (IllegalArgumentException e) {
            throw new CheckpointException(
                    contents.file() + ": describes an impossible vision tower: " + e.getMessage(), e);
        }
    }

    private void requireTower(int textSize) {
        String architecture = metadata.text(GgufKeys.ARCHITECTURE).orElse("nothing");
        if (!architecture.equals(ARCHITECTURE)) {
            throw metadata.error(
                    GgufKeys.ARCHITECTURE, "is '" + architecture + "'; a vision tower is '" + ARCHITECTURE + "'");
        }
        String projector = projector(metadata).orElse("nothing");
        if (!projector.equals(PROJECTOR)) {
            throw metadata.error(PROJECTOR_TYPE, "is '" + projector + "'; Llama 4's is '" + PROJECTOR + "'");
        }
        if (!metadata.flag(HAS_TOWER).orElse(true)) {
            throw metadata.error(HAS_TOWER, "is false");
        }
        if (!metadata.flag(USE_GELU).orElse(true)) {
            throw metadata.error(USE_GELU, "is false; Llama 4's vision tower uses GELU");
        }
        int width = metadata.whole(PROJECTION_DIM, 1, MAX_SIZE).orElse(textSize);
        if (width != textSize) {
            throw metadata.error(PROJECTION_DIM, "is " + width + ", but the text model is " + textSize + " wide");
        }
        requireHalf(IMAGE_MEAN);
        requireHalf(IMAGE_STD);
    }

    /** Pictures are normalised before it is known which tower will see them. */
    private void requireHalf(String key) {
        if (!metadata.reals(key).orElse(List.of()).stream().allMatch(value -> value == 0.5)) {
            throw metadata.error(
                    key, "is not 0.5 for every colour, which is what Llama 4's pictures are normalised with");
        }
    }

    private VisionConfig config() {
        StoredTensor adapter = tensors.require(NAMES.adapterIn() + ".weight");
        long outputSize = adapter.shape().getFirst();
        if (outputSize > MAX_SIZE) {
            throw adapter.error("has " + outputSize + " rows, more than any model has");
        }
        return new VisionConfig(
                size(IMAGE_SIZE),
                size(PATCH_SIZE),
                size(EMBEDDING_LENGTH),
                size(HEAD_COUNT),
                size(FEED_FORWARD_LENGTH),
                metadata.requireWhole(BLOCK_COUNT, 1, ModelConfig.MAX_LAYERS),
                metadata.whole(SCALE_FACTOR, 1, MAX_SIZE).orElse(2),
                (int) outputSize,
                metadata.real(NORM_EPSILON, 1e-5),
                metadata.real(ROPE_FREQ_BASE, DEFAULT_ROPE_THETA));
    }

    private int size(String key) {
        return metadata.requireWhole(key, 1, MAX_SIZE);
    }
}
