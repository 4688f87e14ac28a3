package dev.herd.weights;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.herd.kernels.TensorType;
import dev.herd.weights.ModelConfig.RopeScaling;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/**
 * A random {@code LlamaForCausalLM}, under the names and in the order of rows of transformers; it can be written as a
 * Hugging Face directory and as the GGUF file that llama.cpp's converter would make of that.
 *
 * @param tensors row by row
 */
public record TinyLlama(Sizes sizes, Map<String, float[]> tensors) {
    /**
     * What tells one from another.
     *
     * @param scaling the llama3 frequency step, or null without one
     * @param tied whether the embedding is the output matrix
     */
    public record Sizes(
            int hidden,
            int ffn,
            int layers,
            int heads,
            int kvHeads,
            int headSize,
            int vocabulary,
            double theta,
            @Nullable RopeScaling scaling,
            boolean tied) {
        public static final double EPSILON = 1e-5;
    }

    /** Weights so large that every term moves the logits. */
    public static TinyLlama random(Sizes sizes, long seed) {
        Map<String, float[]> tensors = new LinkedHashMap<>();
        Random random = new Random(seed);
        shapes(sizes).forEach((name, shape) -> {
            float[] values = new float[shape.stream().reduce(1, Math::multiplyExact)];
            boolean isNorm = shape.size() == 1;
            double gain = name.contains("embed") && !sizes.tied() ? 1 : 1.5 / Math.sqrt(shape.getLast());
            for (int i = 0; i < values.length; i++) {
                values[i] = (float) (isNorm ? 1 + 0.2 * random.nextGaussian() : gain * random.nextGaussian());
            }
            tensors.put(name, values);
        });
        return new TinyLlama(sizes, tensors);
    }

    /** The tensor called {@code name}; the output matrix of a tied model is its embedding. */
    public float[] tensor(String name) {
        String stored = sizes.tied() && name.equals("lm_head.weight") ? "model.embed_tokens.weight" : name;
        return Objects.requireNonNull(tensors.get(stored), name);
    }

    private static Map<String, List<Integer>> shapes(Sizes sizes) {
        Map<String, List<Integer>> shapes = new LinkedHashMap<>();
        int queries = sizes.heads() * sizes.headSize();
        int keys = sizes.kvHeads() * sizes.headSize();
        shapes.put("model.embed_tokens.weight", List.of(sizes.vocabulary(), sizes.hidden()));
        shapes.put("model.norm.weight", List.of(sizes.hidden()));
        if (!sizes.tied()) {
            shapes.put("lm_head.weight", List.of(sizes.vocabulary(), sizes.hidden()));
        }
        for (int layer = 0; layer < sizes.layers(); layer++) {
            String in = "model.layers." + layer + ".";
            shapes.put(in + "input_layernorm.weight", List.of(sizes.hidden()));
            shapes.put(in + "self_attn.q_proj.weight", List.of(queries, sizes.hidden()));
            shapes.put(in + "self_attn.k_proj.weight", List.of(keys, sizes.hidden()));
            shapes.put(in + "self_attn.v_proj.weight", List.of(keys, sizes.hidden()));
            shapes.put(in + "self_attn.o_proj.weight", List.of(sizes.hidden(), queries));
            shapes.put(in + "post_attention_layernorm.weight", List.of(sizes.hidden()));
            shapes.put(in + "mlp.gate_proj.weight", List.of(sizes.ffn(), sizes.hidden()));
            shapes.put(in + "mlp.up_proj.weight", List.of(sizes.ffn(), sizes.hidden()));
            shapes.put(in + "mlp.down_proj.weight", List.of(sizes.hidden(), sizes.ffn()));
        }
        return shapes;
    }

    /** Writes the Hugging Face directory. */
    public Path writeHuggingFace(Path directory) {
        ForgedSafetensors file = new ForgedSafetensors();
        shapes(sizes)
                .forEach((name, shape) -> file.floats(
                        name,
                        tensor(name),
                        shape.stream().mapToLong(Integer::longValue).toArray()));
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
        ObjectNode json = new ObjectMapper()
                .createObjectNode()
                .put("model_type", "llama")
                .put("hidden_size", sizes.hidden())
                .put("intermediate_size", sizes.ffn())
                .put("num_hidden_layers", sizes.layers())
                .put("num_attention_heads", sizes.heads())
                .put("num_key_value_heads", sizes.kvHeads())
                .put("vocab_size", sizes.vocabulary())
                .put("max_position_embeddings", 131_072)
                .put("rms_norm_eps", Sizes.EPSILON)
                .put("rope_theta", sizes.theta())
                .put("tie_word_embeddings", sizes.tied());
        if (sizes.headSize() != sizes.hidden() / sizes.heads()) {
            json.put("head_dim", sizes.headSize());
        }
        RopeScaling scaling = sizes.scaling();
        if (scaling != null) {
            json.putObject("rope_scaling")
                    .put("rope_type", "llama3")
                    .put("factor", scaling.factor())
                    .put("low_freq_factor", scaling.lowFrequencyFactor())
                    .put("high_freq_factor", scaling.highFrequencyFactor())
                    .put("original_max_position_embeddings", scaling.originalContext());
        }
        return json.toString();
    }

    /** Writes the GGUF file. */
    public Path writeGguf(Path target) {
        GgufWriter writer = new GgufWriter()
                .text("general.architecture", "llama")
                .uint32("llama.block_count", sizes.layers())
                .uint32("llama.context_length", 131_072)
                .uint32("llama.embedding_length", sizes.hidden())
                .uint32("llama.feed_forward_length", sizes.ffn())
                .uint32("llama.attention.head_count", sizes.heads())
                .uint32("llama.attention.head_count_kv", sizes.kvHeads())
                .uint32("llama.attention.key_length", sizes.headSize())
                .uint32("llama.attention.value_length", sizes.headSize())
                .uint32("llama.rope.dimension_count", sizes.headSize())
                .float32("llama.rope.freq_base", (float) sizes.theta())
                .float32("llama.attention.layer_norm_rms_epsilon", (float) Sizes.EPSILON)
                .uint32("llama.vocab_size", sizes.vocabulary());
        if (sizes.scaling() != null) {
            put(writer, "rope_freqs.weight", divisors(sizes.scaling()), List.of(sizes.headSize() / 2));
        }
        shapes(sizes).forEach((name, shape) -> {
            boolean isRotated = name.contains("q_proj") || name.contains("k_proj");
            float[] values = isRotated ? permuted(tensor(name), shape.getLast()) : tensor(name);
            put(writer, ggufName(name), values, shape);
        });
        writer.writeTo(target);
        return target;
    }

    private static void put(GgufWriter writer, String name, float[] values, List<Integer> shape) {
        List<Long> dimensions =
                shape.reversed().stream().map(Integer::longValue).toList();
        writer.tensor(name, TensorType.F32, dimensions, sink -> sink.write(MemorySegment.ofArray(values)));
    }

    /** The converter's {@code permute}: {@code [heads, 2, half]} becomes {@code [heads, half, 2]}. */
    private float[] permuted(float[] rows, int columns) {
        float[] out = new float[rows.length];
        int half = sizes.headSize() / 2;
        int heads = rows.length / columns / sizes.headSize();
        for (int head = 0; head < heads; head++) {
            for (int part = 0; part < 2; part++) {
                for (int pair = 0; pair < half; pair++) {
                    int from = (head * 2 + part) * half + pair;
                    int to = (head * half + pair) * 2 + part;
                    System.arraycopy(rows, from * columns, out, to * columns, columns);
                }
            }
        }
        return out;
    }

    /** The converter's factors: what it divides the frequencies by. */
    private float[] divisors(RopeScaling scaling) {
        float[] divisors = new float[sizes.headSize() / 2];
        double longest = (double) scaling.originalContext() / scaling.lowFrequencyFactor();
        double shortest = (double) scaling.originalContext() / scaling.highFrequencyFactor();
        for (int pair = 0; pair < divisors.length; pair++) {
            double wavelength = 2 * Math.PI * Math.pow(sizes.theta(), 2.0 * pair / sizes.headSize());
            double smooth = (scaling.originalContext() / wavelength - scaling.lowFrequencyFactor())
                    / (scaling.highFrequencyFactor() - scaling.lowFrequencyFactor());
            double blended = 1 / ((1 - smooth) / scaling.factor() + smooth);
            divisors[pair] = (float) (wavelength < shortest ? 1 : wavelength > longest ? scaling.factor() : blended);
        }
        return divisors;
    }

    private static String ggufName(String name) {
        List<String> from = new ArrayList<>(List.of("model.embed_tokens", "model.norm", "lm_head", "model.layers."));
        List<String> to = new ArrayList<>(List.of("token_embd", "output_norm", "output", "blk."));
        from.addAll(List.of("input_layernorm", "post_attention_layernorm", "self_attn.q_proj", "self_attn.k_proj"));
        to.addAll(List.of("attn_norm", "ffn_norm", "attn_q", "attn_k"));
        from.addAll(List.of("self_attn.v_proj", "self_attn.o_proj", "mlp.gate_proj", "mlp.up_proj", "mlp.down_proj"));
        to.addAll(List.of("attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down"));
        String renamed = name;
        for (int i = 0; i < from.size(); i++) {
            renamed = renamed.replace(from.get(i), to.get(i));
        }
        return renamed;
    }
}
