package dev.herd.weights;

import dev.herd.weights.Checkpoint.GenerationDefaults;
import dev.herd.weights.ModelConfig.AttentionTemperature;
import dev.herd.weights.ModelConfig.Layer;
import dev.herd.weights.ModelConfig.LayerKind;
import dev.herd.weights.ModelConfig.RopeScaling;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Writes configuration, vocabulary and generation defaults as GGUF metadata that {@link GgufConfig} reads back equal.
 * Herd's own keys are written only where a model differs from what readers hard-code.
 */
final class GgufMetadataExport {
    private static final int UNUSED = 5;
    private static final int NORMAL = 1;

    private final GgufWriter writer;

    private GgufMetadataExport(GgufWriter writer) {
        this.writer = writer;
    }

    /** All metadata of {@code source}. */
    static void put(GgufWriter writer, Checkpoint source) {
        GgufMetadataExport export = new GgufMetadataExport(writer);
        export.putConfig(source.name(), source.config());
        export.putVocabulary(source);
        export.putGenerationDefaults(source.generationDefaults());
    }

    /** All metadata of a model that is no checkpoint yet. */
    static void put(
            GgufWriter writer,
            String name,
            ModelConfig config,
            Vocabulary.GgufTokens tokens,
            GenerationDefaults defaults) {
        GgufMetadataExport export = new GgufMetadataExport(writer);
        export.putConfig(name, config);
        export.putTokens(tokens, config.vocabularySize());
        export.putGenerationDefaults(defaults);
    }

    private void putConfig(String name, ModelConfig config) {
        String architecture = architecture(config);
        writer.text(GgufKeys.ARCHITECTURE, architecture)
                .text("general.type", "model")
                .text(GgufKeys.NAME, name)
                .uint32("general.quantization_version", 2)
                .uint32(architecture + GgufKeys.BLOCK_COUNT, config.layerCount())
                .uint32(architecture + GgufKeys.CONTEXT_LENGTH, config.contextLength())
                .uint32(architecture + GgufKeys.EMBEDDING_LENGTH, config.hiddenSize())
                .uint32(
                        architecture + GgufKeys.FEED_FORWARD_LENGTH,
                        config.denseFfnSize() > 0 ? config.denseFfnSize() : config.expertFfnSize())
                .uint32(architecture + GgufKeys.HEAD_COUNT, config.headCount())
                .uint32(architecture + GgufKeys.HEAD_COUNT_KV, config.kvHeadCount())
                .uint32(architecture + GgufKeys.KEY_LENGTH, config.headSize())
                .uint32(architecture + GgufKeys.VALUE_LENGTH, config.headSize())
                .uint32(architecture + GgufKeys.ROPE_DIMENSION_COUNT, config.headSize())
                .float32(architecture + GgufKeys.NORM_EPSILON, config.normEpsilon())
                .float32(architecture + GgufKeys.ROPE_FREQ_BASE, config.ropeTheta())
                .uint32(architecture + GgufKeys.VOCAB_SIZE, config.vocabularySize());
        putRopeScaling(architecture, config.ropeScaling());
        if (architecture.equals(GgufConfig.ARCHITECTURE)) {
            writer.uint32(architecture + GgufKeys.EXPERT_COUNT, config.expertCount())
                    .uint32(GgufKeys.EXPERT_USED_COUNT, config.expertsPerToken())
                    .uint32(GgufKeys.EXPERT_FEED_FORWARD_LENGTH, config.expertFfnSize());
            putLayers(config.layers());
            putOwnKeys(config);
        }
    }

    /** The plainest architecture that computes the same, so that other readers do, too. */
    private static String architecture(ModelConfig config) {
        boolean isLlama = config.layers().stream().noneMatch(Layer::isMoe)
                && config.layerCount(LayerKind.GLOBAL) == 0
                && config.attentionChunkSize() == 0
                && !config.usesQkNorm()
                && config.attentionTemperature() == null;
        return isLlama ? GgufLlamaConfig.ARCHITECTURE : GgufConfig.ARCHITECTURE;
    }

    private void putRopeScaling(String architecture, @Nullable RopeScaling scaling) {
        if (scaling != null) {
            writer.float32(architecture + GgufKeys.LLAMA3_FACTOR, scaling.factor())
                    .float32(architecture + GgufKeys.LLAMA3_LOW, scaling.lowFrequencyFactor())
                    .float32(architecture + GgufKeys.LLAMA3_HIGH, scaling.highFrequencyFactor())
                    .uint32(architecture + GgufKeys.LLAMA3_ORIGINAL_CONTEXT, scaling.originalContext());
        }
    }

    private void putLayers(List<Layer> layers) {
        boolean[] isMoe = new boolean[layers.size()];
        boolean[] isGlobal = new boolean[layers.size()];
        for (int layer = 0; layer < layers.size(); layer++) {
            isMoe[layer] = layers.get(layer).isMoe();
            isGlobal[layer] = layers.get(layer).kind() == LayerKind.GLOBAL;
        }
        int moeStep = step(isMoe);
        writer.uint32(GgufKeys.INTERLEAVE_MOE_LAYER_STEP, moeStep);
        if (!isRegular(isMoe, moeStep)) {
            writer.int32s(
                    GgufKeys.MOE_LAYERS,
                    IntStream.range(0, isMoe.length)
                            .filter(layer -> isMoe[layer])
                            .toArray());
        }
        int globalStep = step(isGlobal);
        if (!isRegular(isGlobal, globalStep)) {
            writer.int32s(
                    GgufKeys.NO_ROPE_LAYERS,
                    IntStream.range(0, isGlobal.length)
                            .map(layer -> isGlobal[layer] ? 0 : 1)
                            .toArray());
        } else if (!isRegular(isGlobal, GgufKeys.DEFAULT_GLOBAL_INTERVAL)) {
            writer.uint32(GgufKeys.NO_ROPE_LAYER_STEP, globalStep);
        }
    }

    /** The distance from one chosen layer to the next if they lie at regular distances; 0 if none is chosen. */
    private static int step(boolean[] chosen) {
        for (int layer = 0; layer < chosen.length; layer++) {
            if (chosen[layer]) {
                return layer + 1;
            }
        }
        return 0;
    }

    private static boolean isRegular(boolean[] chosen, int step) {
        for (int layer = 0; layer < chosen.length; layer++) {
            if (chosen[layer] != (step > 0 && (layer + 1) % step == 0)) {
                return false;
            }
        }
        return true;
    }

    private void putOwnKeys(ModelConfig config) {
        if (config.attentionChunkSize() != GgufKeys.DEFAULT_CHUNK_SIZE) {
            writer.uint32(GgufKeys.CHUNK_SIZE, config.attentionChunkSize());
        }
        if (config.usesQkNorm() != (config.expertCount() != GgufKeys.EXPERTS_WITHOUT_QK_NORM)) {
            writer.flag(GgufKeys.QK_NORM, config.usesQkNorm());
        }
        AttentionTemperature temperature = config.attentionTemperature();
        if (temperature == null) {
            writer.float32(GgufKeys.TEMPERATURE_SCALE, 0);
        } else if (temperature.floor() != GgufKeys.DEFAULT_TEMPERATURE_FLOOR
                || temperature.scale() != GgufKeys.DEFAULT_TEMPERATURE_SCALE) {
            writer.float32(GgufKeys.TEMPERATURE_FLOOR, temperature.floor());
            writer.float32(GgufKeys.TEMPERATURE_SCALE, temperature.scale());
        }
    }

    private void putVocabulary(Checkpoint source) {
        int size = source.config().vocabularySize();
        switch (source.vocabulary()) {
            case Vocabulary.GgufTokens tokens -> putTokens(tokens, size);
            case Vocabulary.TokenizerJson json -> putTokens(TokenizerJson.asTokens(json.file()), size);
            case Vocabulary.TiktokenModel model ->
                throw new CheckpointException(model.file() + ": has no merges, which GGUF needs; put the model's"
                        + " tokenizer.json beside it");
            case Vocabulary.None none -> writer.text(GgufKeys.TOKENIZER_MODEL, "none");
        }
    }

    /** The vocabulary, filled up with unused tokens: llama.cpp wants as many tokens as embedding rows. */
    private void putTokens(Vocabulary.GgufTokens vocabulary, int size) {
        List<String> tokens = new ArrayList<>(vocabulary.tokens());
        int[] types = Arrays.copyOf(vocabulary.tokenTypes(), size);
        for (int id = tokens.size(); id < size; id++) {
            tokens.add(TokenizerJson.unusedToken(id));
        }
        for (int id = 0; id < size; id++) {
            boolean given = id < vocabulary.tokens().size();
            if (!given) {
                types[id] = UNUSED;
            } else if (vocabulary.tokenTypes().length == 0) {
                types[id] = NORMAL;
            }
        }
        writer.text(GgufKeys.TOKENIZER_MODEL, "gpt2")
                .text(GgufKeys.TOKENIZER_PRE, vocabulary.splitRules().ggufName())
                .texts(GgufKeys.TOKENS, tokens)
                .int32s(GgufKeys.TOKEN_TYPES, types)
                .texts(GgufKeys.MERGES, vocabulary.merges())
                .flag(GgufKeys.ADD_BOS, true);
    }

    /** Stop tokens go into a key of Herd's own; the first one also into the key that other readers know. */
    private void putGenerationDefaults(GenerationDefaults defaults) {
        defaults.bosToken().ifPresent(id -> writer.uint32(GgufKeys.BOS_TOKEN, id));
        List<Integer> stops = defaults.stopTokens();
        if (!stops.isEmpty()) {
            writer.uint32(GgufKeys.EOS_TOKEN, stops.getLast());
            writer.int32s(
                    GgufKeys.STOP_TOKENS,
                    stops.stream().mapToInt(Integer::intValue).toArray());
        }
        Float temperature = defaults.temperature();
        if (temperature != null) {
            writer.float32(GgufKeys.TEMPERATURE, temperature);
        }
        Float topP = defaults.topP();
        if (topP != null) {
            writer.float32(GgufKeys.TOP_P, topP);
        }
        Integer topK = defaults.topK();
        if (topK != null) {
            writer.uint32(GgufKeys.TOP_K, topK);
        }
    }
}
