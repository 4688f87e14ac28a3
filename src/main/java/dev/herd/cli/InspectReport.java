package dev.herd.cli;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import dev.herd.kernels.TensorType;
import dev.herd.weights.Checkpoint;
import dev.herd.weights.Checkpoint.TensorInfo;
import dev.herd.weights.ModelConfig;
import dev.herd.weights.ModelConfig.Layer;
import dev.herd.weights.ModelConfig.LayerKind;
import dev.herd.weights.VisionConfig;
import dev.herd.weights.Vocabulary;
import java.io.IOException;
import java.io.PrintStream;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * What {@code herd inspect} shows of a checkpoint.
 *
 * @param context tokens for which the memory is stated
 * @param tensorsByType number and bytes of the tensors of each encoding
 * @param keyValueMemory for each type that this model's keys and values can be kept as
 */
record InspectReport(
        Checkpoint checkpoint,
        int context,
        ParameterCount parameters,
        Map<String, TypeTotal> tensorsByType,
        List<KvMemoryNeed> keyValueMemory,
        boolean listsTensors) {

    /** How many tensors of an encoding there are, and their bytes. */
    record TypeTotal(long count, long bytes) {
        TypeTotal plus(TypeTotal other) {
            return new TypeTotal(count + other.count, bytes + other.bytes);
        }
    }

    static InspectReport of(Checkpoint checkpoint, int context, boolean listsTensors) {
        Map<String, TypeTotal> byType = new TreeMap<>();
        for (TensorInfo tensor : checkpoint.tensors()) {
            byType.merge(tensor.type(), new TypeTotal(1, tensor.byteSize()), TypeTotal::plus);
        }
        return new InspectReport(
                checkpoint,
                context,
                ParameterCount.of(checkpoint.config(), checkpoint.weights()),
                byType,
                Stream.of(TensorType.F16, TensorType.F32, TensorType.Q8_0)
                        .filter(type -> checkpoint.config().headSize() % type.quantGroupSize() == 0)
                        .map(type -> KvMemoryNeed.of(checkpoint.config(), context, type))
                        .toList(),
                listsTensors);
    }

    private long tensorBytes() {
        return tensorsByType.values().stream().mapToLong(TypeTotal::bytes).sum();
    }

    private String tokenizer() {
        return switch (checkpoint.vocabulary()) {
            case Vocabulary.TokenizerJson _ -> "tokenizer.json";
            case Vocabulary.TiktokenModel _ -> "tokenizer.model";
            case Vocabulary.GgufTokens gguf -> "GGUF metadata, " + gguf.tokens().size() + " tokens";
            case Vocabulary.None _ -> "none";
        };
    }

    void writeText(PrintStream out) {
        ModelConfig config = checkpoint.config();
        line(out, "Model", checkpoint.name());
        line(out, "Format", checkpoint.format() + files());
        line(
                out,
                "Parameters",
                Sizes.count(parameters.total()) + ", active per token " + Sizes.count(parameters.active()));
        line(
                out,
                "Layers",
                config.layerCount() + ": " + config.layerCount(LayerKind.LOCAL) + " LOCAL ("
                        + (config.attentionChunkSize() > 0
                                ? "attention chunks of " + config.attentionChunkSize()
                                : "no attention chunks")
                        + "), " + config.layerCount(LayerKind.GLOBAL) + " GLOBAL");
        line(out, "", moeLayers() + " MoE, " + (config.layerCount() - moeLayers()) + " dense");
        if (moeLayers() > 0) {
            line(
                    out,
                    "Experts",
                    config.expertCount() + " routed, " + config.expertsPerToken() + " per token, 1 shared; FFN size "
                            + config.expertFfnSize());
        }
        if (moeLayers() < config.layerCount()) {
            line(out, "Dense FFN", "size " + config.denseFfnSize());
        }
        line(out, "Hidden size", String.valueOf(config.hiddenSize()));
        line(
                out,
                "Attention",
                config.headCount() + " query heads, " + config.kvHeadCount() + " key/value heads of "
                        + config.headSize() + (config.usesQkNorm() ? ", QK norm" : ""));
        line(out, "Positions", positions());
        checkpoint.vision().ifPresent(tower -> writeTower(out, tower.config()));
        line(out, "Vocabulary", config.vocabularySize() + ", tokenizer: " + tokenizer());
        line(out, "Context", config.contextLength() + " tokens claimed");
        out.println();
        writeTensors(out);
        out.println();
        writeMemory(out);
    }

    private void writeTower(PrintStream out, VisionConfig config) {
        String file = checkpoint
                .visionFile()
                .map(path -> ", in " + path.getFileName())
                .orElse("");
        line(
                out,
                "Vision tower",
                config.layerCount() + " layers of " + config.hiddenSize() + ", " + config.headCount() + " heads of "
                        + config.headSize() + ", FFN size " + config.ffnSize() + file);
        line(
                out,
                "",
                "tiles of " + config.tileSize() + " pixels, patches of " + config.patchSize() + ", "
                        + config.tokensPerTile() + " tokens per tile");
    }

    private void writeTensors(PrintStream out) {
        out.println("Tensors:");
        tensorsByType.forEach(
                (type, total) -> out.printf("  %-8s %6d  %12s%n", type, total.count(), Sizes.text(total.bytes())));
        out.printf("  %-8s %6d  %12s%n", "all", checkpoint.tensors().size(), Sizes.text(tensorBytes()));
        if (listsTensors) {
            out.println();
            for (TensorInfo tensor : checkpoint.tensors()) {
                out.printf(
                        "  %-8s %12s  %s %s%n",
                        tensor.type(), Sizes.text(tensor.byteSize()), tensor.name(), tensor.shape());
            }
        }
    }

    private void writeMemory(PrintStream out) {
        out.println("Memory for one sequence of " + context + " tokens:");
        line(out, "  weights", Sizes.text(tensorBytes()) + ", mapped from the files");
        for (KvMemoryNeed need : keyValueMemory) {
            line(
                    out,
                    "  keys+values",
                    Sizes.text(need.kept()) + " as " + need.type()
                            + (need.kept() < need.everything()
                                    ? ", because LOCAL layers drop finished attention chunks; "
                                            + Sizes.text(need.everything()) + " if they did not"
                                    : ""));
        }
    }

    private String files() {
        int files = checkpoint.files().size();
        return files == 0 ? ", in memory" : ", " + files + (files == 1 ? " file" : " files");
    }

    private long moeLayers() {
        return checkpoint.config().layers().stream().filter(Layer::isMoe).count();
    }

    private String positions() {
        ModelConfig config = checkpoint.config();
        StringBuilder text = new StringBuilder("RoPE theta " + config.ropeTheta());
        ModelConfig.RopeScaling scaling = config.ropeScaling();
        if (scaling != null) {
            text.append(", low frequencies divided by ").append(scaling.factor());
        } else if (checkpoint.weights().ropeDivisors() != null) {
            text.append(", frequencies divided by rope_freqs.weight");
        }
        ModelConfig.AttentionTemperature temperature = config.attentionTemperature();
        if (temperature != null) {
            text.append("; temperature in GLOBAL layers, floor ").append(temperature.floor());
            text.append(", scale ").append(temperature.scale());
        }
        return text.toString();
    }

    private static void line(PrintStream out, String name, String value) {
        out.printf("%-14s %s%n", name, value);
    }

    void writeJson(PrintStream out) throws IOException {
        JsonGenerator json = new JsonFactory().createGenerator(out).useDefaultPrettyPrinter();
        json.disable(JsonGenerator.Feature.AUTO_CLOSE_TARGET);
        json.writeStartObject();
        json.writeStringField("model", checkpoint.name());
        json.writeStringField("format", checkpoint.format());
        json.writeStringField("tokenizer", tokenizer());
        json.writeNumberField("parameters", parameters.total());
        json.writeNumberField("activeParameters", parameters.active());
        writeConfig(json, checkpoint.config());
        if (checkpoint.vision().isPresent()) {
            writeTower(json, checkpoint.vision().get().config());
        }
        json.writeObjectFieldStart("tensors");
        for (Map.Entry<String, TypeTotal> entry : tensorsByType.entrySet()) {
            json.writeObjectFieldStart(entry.getKey());
            json.writeNumberField("count", entry.getValue().count());
            json.writeNumberField("bytes", entry.getValue().bytes());
            json.writeEndObject();
        }
        json.writeEndObject();
        if (listsTensors) {
            writeTensorList(json);
        }
        writeMemory(json);
        json.writeEndObject();
        json.close();
        out.println();
    }

    private void writeConfig(JsonGenerator json, ModelConfig config) throws IOException {
        json.writeObjectFieldStart("config");
        json.writeNumberField("layers", config.layerCount());
        json.writeNumberField("localLayers", config.layerCount(LayerKind.LOCAL));
        json.writeNumberField("globalLayers", config.layerCount(LayerKind.GLOBAL));
        json.writeNumberField("moeLayers", moeLayers());
        json.writeNumberField("hiddenSize", config.hiddenSize());
        json.writeNumberField("headCount", config.headCount());
        json.writeNumberField("kvHeadCount", config.kvHeadCount());
        json.writeNumberField("headSize", config.headSize());
        json.writeNumberField("expertCount", config.expertCount());
        json.writeNumberField("expertsPerToken", config.expertsPerToken());
        json.writeNumberField("expertFfnSize", config.expertFfnSize());
        json.writeNumberField("denseFfnSize", config.denseFfnSize());
        json.writeNumberField("vocabularySize", config.vocabularySize());
        json.writeNumberField("contextLength", config.contextLength());
        json.writeNumberField("attentionChunkSize", config.attentionChunkSize());
        json.writeBooleanField("usesQkNorm", config.usesQkNorm());
        json.writeNumberField("ropeTheta", config.ropeTheta());
        json.writeEndObject();
    }

    private static void writeTower(JsonGenerator json, VisionConfig config) throws IOException {
        json.writeObjectFieldStart("vision");
        json.writeNumberField("layers", config.layerCount());
        json.writeNumberField("hiddenSize", config.hiddenSize());
        json.writeNumberField("headCount", config.headCount());
        json.writeNumberField("ffnSize", config.ffnSize());
        json.writeNumberField("tileSize", config.tileSize());
        json.writeNumberField("patchSize", config.patchSize());
        json.writeNumberField("tokensPerTile", config.tokensPerTile());
        json.writeNumberField("outputSize", config.outputSize());
        json.writeEndObject();
    }

    private void writeTensorList(JsonGenerator json) throws IOException {
        json.writeArrayFieldStart("tensorList");
        for (TensorInfo tensor : checkpoint.tensors()) {
            json.writeStartObject();
            json.writeStringField("name", tensor.name());
            json.writeStringField("type", tensor.type());
            json.writeArrayFieldStart("shape");
            for (long size : tensor.shape()) {
                json.writeNumber(size);
            }
            json.writeEndArray();
            json.writeNumberField("bytes", tensor.byteSize());
            json.writeEndObject();
        }
        json.writeEndArray();
    }

    private void writeMemory(JsonGenerator json) throws IOException {
        json.writeObjectFieldStart("memory");
        json.writeNumberField("context", context);
        json.writeNumberField("weightBytes", tensorBytes());
        json.writeObjectFieldStart("keyValueBytes");
        for (KvMemoryNeed need : keyValueMemory) {
            json.writeNumberField(need.type().name(), need.kept());
        }
        json.writeEndObject();
        json.writeObjectFieldStart("keyValueBytesWithoutDropping");
        for (KvMemoryNeed need : keyValueMemory) {
            json.writeNumberField(need.type().name(), need.everything());
        }
        json.writeEndObject();
        json.writeEndObject();
    }
}
