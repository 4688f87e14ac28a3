package dev.herd.weights;

import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/** A checkpoint in a directory as Hugging Face lays it out: {@code config.json}, safetensors, a tokenizer. */
final class HfCheckpoint implements Checkpoint {
    static final String CONFIG = "config.json";

    private final Arena arena;
    private final Path directory;
    private final HfConfig.Family family;
    private final SafetensorsDirectory contents;
    private final ModelConfig config;
    private final ModelWeights weights;
    private final Optional<VisionTower> vision;
    private final GenerationDefaults generationDefaults;

    private HfCheckpoint(Path directory, Arena arena) {
        this.arena = arena;
        this.directory = directory;
        HfConfig described = HfConfig.read(directory.resolve(CONFIG));
        this.family = described.family();
        this.config = described.config();
        this.contents = SafetensorsDirectory.open(directory, arena);
        this.weights = HfWeights.read(contents.tensors(), config, family, described.tiesEmbeddings());
        this.vision = HfVision.read(described.vision(), contents.tensors(), config.hiddenSize());
        this.generationDefaults = generationDefaults(directory, described.text());
    }

    /** Opens the checkpoint in {@code directory}. */
    static Checkpoint open(Path directory) {
        return MappedFile.open(arena -> new HfCheckpoint(directory, arena));
    }

    /** {@code generation_config.json} where it says something, {@code config.json} otherwise. */
    private GenerationDefaults generationDefaults(Path directory, JsonFields text) {
        Path file = directory.resolve("generation_config.json");
        JsonFields stated = Files.isRegularFile(file)
                ? new JsonFields(file.toString(), Json.read(file))
                : new JsonFields(file.toString(), new Json.Members(Map.of()));
        OptionalInt bos = tokenId(stated, "bos_token_id");
        OptionalInt topK = stated.whole("top_k", 0, Integer.MAX_VALUE);
        OptionalDouble topP = stated.real("top_p");
        return new GenerationDefaults(
                bos.isPresent() ? bos : tokenId(text, "bos_token_id"),
                tokenIds(stated, "eos_token_id")
                        .or(() -> tokenIds(text, "eos_token_id"))
                        .orElse(List.of()),
                temperature(stated),
                topP.isPresent() ? (Float) (float) topP.getAsDouble() : null,
                topK.isPresent() ? (Integer) topK.getAsInt() : null);
    }

    /** A model that says that it must not be sampled from is one of temperature 0. */
    private static @Nullable Float temperature(JsonFields stated) {
        if (stated.has("do_sample") && !stated.truthy("do_sample", true)) {
            return 0f;
        }
        OptionalDouble temperature = stated.real("temperature");
        return temperature.isPresent() ? (Float) (float) temperature.getAsDouble() : null;
    }

    private OptionalInt tokenId(JsonFields fields, String name) {
        return fields.whole(name, 0, config.vocabularySize() - 1);
    }

    private Optional<List<Integer>> tokenIds(JsonFields fields, String name) {
        if (fields.isArray(name)) {
            return fields.wholes(name, 0, config.vocabularySize() - 1);
        }
        OptionalInt one = tokenId(fields, name);
        return one.isPresent() ? Optional.of(List.of(one.getAsInt())) : Optional.empty();
    }

    @Override
    public String name() {
        Path name = directory.toAbsolutePath().normalize().getFileName();
        return name == null ? directory.toString() : name.toString();
    }

    @Override
    public String format() {
        return "Hugging Face safetensors";
    }

    @Override
    public ModelConfig config() {
        return config;
    }

    @Override
    public ModelWeights weights() {
        return weights;
    }

    @Override
    public Optional<VisionTower> vision() {
        return vision;
    }

    @Override
    public Vocabulary vocabulary() {
        Path json = directory.resolve("tokenizer.json");
        if (Files.isRegularFile(json)) {
            return new Vocabulary.TokenizerJson(json);
        }
        Path model = directory.resolve("tokenizer.model");
        if (!Files.isRegularFile(model)) {
            return new Vocabulary.None();
        }
        return switch (family) {
            case LLAMA_4 -> new Vocabulary.TiktokenModel(model);
            case LLAMA ->
                throw new CheckpointException(
                        model + ": is not read for model_type llama; put the model's tokenizer.json beside it");
        };
    }

    @Override
    public GenerationDefaults generationDefaults() {
        return generationDefaults;
    }

    @Override
    public List<TensorInfo> tensors() {
        return contents.tensors().all().stream()
                .map(tensor -> new TensorInfo(
                        tensor.name(),
                        tensor.typeName(),
                        tensor.shape(),
                        tensor.data().byteSize()))
                .toList();
    }

    @Override
    public List<Path> files() {
        return contents.files();
    }

    @Override
    public void close() {
        arena.close();
    }
}
