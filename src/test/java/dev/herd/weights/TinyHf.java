package dev.herd.weights;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import java.util.function.UnaryOperator;

/** A Hugging Face directory with one MoE layer and one dense layer, of which tests change parts before it is written. */
record TinyHf(Path parent, String name, Map<String, Tensor> tensors, String extraConfig) {
    static final int HIDDEN = 16;
    static final int WIDTH = 6;
    static final int KEYS = 8;
    private static final String PREFIX = "language_model.";

    /** A tensor with its bytes; {@code numbers} is empty unless it is F32. */
    record Tensor(String dtype, byte[] bytes, float[] numbers, long... shape) {
        static Tensor of(float[] numbers, long... shape) {
            byte[] bytes = new byte[4 * numbers.length];
            for (int i = 0; i < numbers.length; i++) {
                System.arraycopy(LittleEndian.bytes(numbers[i]), 0, bytes, 4 * i, 4);
            }
            return new Tensor("F32", bytes, numbers, shape);
        }

        float at(long first, long second, long third) {
            return numbers[(int) ((first * shape[1] + second) * shape[2] + third)];
        }
    }

    /** The checkpoint as it is without changes. */
    static TinyHf in(Path parent) {
        return new TinyHf(parent, "tiny", all(), "");
    }

    /** A tensor of the checkpoint as it is without changes. */
    static Tensor tensor(String name) {
        Tensor tensor = all().get(name);
        if (tensor == null) {
            throw new IllegalArgumentException(name);
        }
        return tensor;
    }

    TinyHf named(String directory) {
        return new TinyHf(parent, directory, tensors, extraConfig);
    }

    TinyHf config(String fields) {
        return new TinyHf(parent, name, tensors, extraConfig + fields);
    }

    TinyHf without(String tensor) {
        Map<String, Tensor> fewer = new LinkedHashMap<>(tensors);
        if (fewer.remove(tensor) == null) {
            throw new IllegalArgumentException(tensor);
        }
        return new TinyHf(parent, name, fewer, extraConfig);
    }

    TinyHf misshape(String tensor) {
        return without(tensor).with(tensor, Tensor.of(new float[15], 3, 5));
    }

    TinyHf tensor(String tensor, String dtype, byte[] bytes, long... shape) {
        return with(tensor, new Tensor(dtype, bytes, new float[0], shape));
    }

    TinyHf floats(String tensor, float[] numbers, long... shape) {
        return with(tensor, Tensor.of(numbers, shape));
    }

    TinyHf withoutPrefix() {
        return renamed(old -> old.substring(PREFIX.length()));
    }

    /** The same experts, one tensor for each projection, output by output. */
    TinyHf unfused() {
        String experts = PREFIX + "model.layers.0.feed_forward.experts.";
        Tensor gateUp = tensor(experts + "gate_up_proj");
        Tensor down = tensor(experts + "down_proj");
        TinyHf changed = without(experts + "gate_up_proj").without(experts + "down_proj");
        for (int expert = 0; expert < 2; expert++) {
            float[] gate = new float[WIDTH * HIDDEN];
            float[] up = new float[WIDTH * HIDDEN];
            float[] downNumbers = new float[WIDTH * HIDDEN];
            for (int row = 0; row < WIDTH; row++) {
                for (int column = 0; column < HIDDEN; column++) {
                    gate[row * HIDDEN + column] = gateUp.at(expert, column, row);
                    up[row * HIDDEN + column] = gateUp.at(expert, column, WIDTH + row);
                    downNumbers[column * WIDTH + row] = down.at(expert, row, column);
                }
            }
            changed = changed.floats(experts + expert + ".gate_proj.weight", gate, WIDTH, HIDDEN)
                    .floats(experts + expert + ".up_proj.weight", up, WIDTH, HIDDEN)
                    .floats(experts + expert + ".down_proj.weight", downNumbers, HIDDEN, WIDTH);
        }
        return changed;
    }

    /** Writes the directory. */
    Path open() {
        ForgedSafetensors file = new ForgedSafetensors();
        tensors.forEach((tensor, content) -> file.tensor(tensor, content.dtype(), content.bytes(), content.shape()));
        Path directory = parent.resolve(name);
        try {
            Files.createDirectories(directory);
            Files.writeString(directory.resolve("config.json"), configJson());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        file.writeTo(directory.resolve("model.safetensors"));
        return directory;
    }

    private String configJson() {
        return "{\"model_type\":\"llama4\",\"text_config\":{\"vocab_size\":12,\"hidden_size\":16,\"num_hidden_layers\":2,"
                + "\"num_attention_heads\":4,\"num_key_value_heads\":2,\"head_dim\":4,\"intermediate_size\":6,"
                + "\"intermediate_size_mlp\":10,\"num_local_experts\":2,\"moe_layers\":[0],"
                + "\"max_position_embeddings\":64" + extraConfig + "}}";
    }

    private TinyHf with(String tensor, Tensor content) {
        Map<String, Tensor> more = new LinkedHashMap<>(tensors);
        more.put(tensor, content);
        return new TinyHf(parent, name, more, extraConfig);
    }

    private TinyHf renamed(UnaryOperator<String> renaming) {
        Map<String, Tensor> renamed = new LinkedHashMap<>();
        tensors.forEach((old, content) -> renamed.put(renaming.apply(old), content));
        return new TinyHf(parent, name, renamed, extraConfig);
    }

    private static Map<String, Tensor> all() {
        Map<String, Tensor> all = new LinkedHashMap<>();
        Random random = new Random(3);
        put(all, random, "lm_head.weight", 12, HIDDEN);
        put(all, random, "model.embed_tokens.weight", 12, HIDDEN);
        put(all, random, "model.norm.weight", HIDDEN);
        for (String layer : new String[] {"model.layers.0.", "model.layers.1."}) {
            put(all, random, layer + "input_layernorm.weight", HIDDEN);
            put(all, random, layer + "post_attention_layernorm.weight", HIDDEN);
            put(all, random, layer + "self_attn.q_proj.weight", 16, HIDDEN);
            put(all, random, layer + "self_attn.k_proj.weight", KEYS, HIDDEN);
            put(all, random, layer + "self_attn.v_proj.weight", KEYS, HIDDEN);
            put(all, random, layer + "self_attn.o_proj.weight", HIDDEN, 16);
        }
        String moe = "model.layers.0.feed_forward.";
        put(all, random, moe + "router.weight", 2, HIDDEN);
        put(all, random, moe + "experts.gate_up_proj", 2, HIDDEN, 2 * WIDTH);
        put(all, random, moe + "experts.down_proj", 2, WIDTH, HIDDEN);
        putGated(all, random, moe + "shared_expert.", WIDTH);
        putGated(all, random, "model.layers.1.feed_forward.", 10);
        return all;
    }

    private static void putGated(Map<String, Tensor> all, Random random, String prefix, int width) {
        put(all, random, prefix + "gate_proj.weight", width, HIDDEN);
        put(all, random, prefix + "up_proj.weight", width, HIDDEN);
        put(all, random, prefix + "down_proj.weight", HIDDEN, width);
    }

    private static void put(Map<String, Tensor> all, Random random, String name, long... shape) {
        int elements = 1;
        for (long dimension : shape) {
            elements = Math.toIntExact(elements * dimension);
        }
        float[] numbers = new float[elements];
        for (int i = 0; i < elements; i++) {
            numbers[i] = (float) random.nextGaussian();
        }
        all.put(PREFIX + name, Tensor.of(numbers, shape));
    }
}
