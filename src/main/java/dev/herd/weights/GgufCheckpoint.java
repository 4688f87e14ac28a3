package dev.herd.weights;

import dev.herd.weights.Vocabulary.SplitRules;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A checkpoint in one GGUF file, in a set of split ones, or in memory. */
final class GgufCheckpoint implements Checkpoint {
    private final Arena arena;
    private final List<Path> files;
    private final GgufReader.Contents first;
    private final TensorSet tensors;
    private final Optional<GgufReader.Contents> towerFile;
    private final Optional<VisionTower> vision;
    private final String name;
    private final ModelConfig config;
    private final boolean isLlama;
    private final ModelWeights weights;
    private final GenerationDefaults generationDefaults;
    private final Optional<GgufValue.Sequence> tokens;
    private @Nullable Vocabulary vocabulary;

    private GgufCheckpoint(
            Arena arena,
            List<Path> files,
            String fallbackName,
            List<GgufReader.Contents> shards,
            Optional<GgufReader.Contents> towerFile) {
        this.arena = arena;
        this.files = List.copyOf(files);
        this.towerFile = towerFile;
        this.first = shards.getFirst();
        this.tensors = new TensorSet(first.file());
        shards.forEach(shard -> shard.tensors().forEach(tensors::add));
        GgufMetadata metadata = first.metadata();
        this.name = metadata.text(GgufKeys.NAME).filter(text -> !text.isBlank()).orElse(fallbackName);
        long embeddingRows = tensors.find(GgufWeights.EMBEDDING)
                .map(tensor -> tensor.shape().getFirst())
                .orElse(1L);
        this.config = GgufConfig.read(first.file(), metadata, embeddingRows);
        this.isLlama = GgufLlamaConfig.isOf(metadata);
        if (isLlama) {
            GgufLlamaConfig.requireNoExtras(tensors);
            towerFile.ifPresent(tower -> {
                throw new CheckpointException(tower.file() + ": goes with a Llama 4, but " + first.file()
                        + " is of architecture 'llama', which sees no pictures");
            });
        }
        this.weights = GgufWeights.read(tensors, config);
        this.vision = towerFile.map(tower -> GgufVision.read(tower, config.hiddenSize()));
        this.tokens = tokens(metadata);
        this.generationDefaults = generationDefaults(metadata);
    }

    /**
     * Opens {@code file} and, if it is one of a split set, the others too.
     *
     * @param tower file of the vision tower, if there is one
     */
    static Checkpoint open(Path file, Optional<Path> tower) {
        Optional<GgufShards> shards = GgufShards.of(file).filter(set -> set.count() > 1);
        List<Path> files = shards.map(GgufShards::files).orElse(List.of(file));
        return MappedFile.open(arena -> open(file, shards, files, tower, arena));
    }

    private static Checkpoint open(
            Path file, Optional<GgufShards> shards, List<Path> files, Optional<Path> tower, Arena arena) {
        List<GgufReader.Contents> contents = new ArrayList<>();
        int tensorCount = 0;
        for (int shard = 0; shard < files.size(); shard++) {
            Path path = files.get(shard);
            GgufReader.Contents read = GgufReader.read(path.toString(), MappedFile.map(path, arena));
            if (shards.isPresent()) {
                GgufShards.requirePlace(read, shard, files.size());
            } else {
                GgufShards.requireWhole(read);
            }
            tensorCount += read.tensors().size();
            contents.add(read);
        }
        GgufShards.requireTensors(contents.getFirst(), tensorCount);
        String fallbackName = shards.map(GgufShards::prefix).orElseGet(() -> withoutSuffix(file));
        Optional<GgufReader.Contents> towerFile =
                tower.map(path -> GgufReader.read(path.toString(), MappedFile.map(path, arena)));
        List<Path> all = new ArrayList<>(files);
        tower.ifPresent(all::add);
        return new GgufCheckpoint(arena, all, fallbackName, contents, towerFile);
    }

    /**
     * Reads a checkpoint in memory; {@code arena} is what {@link #close} closes.
     *
     * @param tower the bytes of its vision tower's file, if it has one
     */
    static Checkpoint of(String name, MemorySegment bytes, Optional<MemorySegment> tower, Arena arena) {
        return new GgufCheckpoint(
                arena,
                List.of(),
                name,
                List.of(GgufReader.read(name, bytes)),
                tower.map(memory -> GgufReader.read(name, memory)));
    }

    private static String withoutSuffix(Path file) {
        String name = file.getFileName().toString();
        return name.endsWith(".gguf") ? name.substring(0, name.length() - ".gguf".length()) : name;
    }

    private Optional<GgufValue.Sequence> tokens(GgufMetadata metadata) {
        Optional<GgufValue.Sequence> found = metadata.texts(GgufKeys.TOKENS);
        if (found.isEmpty()) {
            return found;
        }
        String model = metadata.text(GgufKeys.TOKENIZER_MODEL).orElse("gpt2");
        if (!model.equals("gpt2")) {
            throw metadata.error(
                    GgufKeys.TOKENIZER_MODEL, "is '" + model + "'; Herd reads byte-level BPE, 'gpt2', only");
        }
        if (found.get().count() > config.vocabularySize()) {
            throw metadata.error(
                    GgufKeys.TOKENS,
                    "has " + found.get().count() + " elements for " + config.vocabularySize() + " embedding rows");
        }
        return found;
    }

    private GenerationDefaults generationDefaults(GgufMetadata metadata) {
        OptionalInt bos = tokenId(metadata, GgufKeys.BOS_TOKEN);
        List<Integer> stops = metadata.wholes(GgufKeys.STOP_TOKENS, 0, config.vocabularySize() - 1)
                .orElseGet(() -> namedStops(metadata));
        OptionalInt topK = metadata.whole(GgufKeys.TOP_K, 0, Integer.MAX_VALUE);
        return new GenerationDefaults(
                bos,
                stops,
                optionalReal(metadata, GgufKeys.TEMPERATURE),
                optionalReal(metadata, GgufKeys.TOP_P),
                topK.isPresent() ? topK.getAsInt() : null);
    }

    private List<Integer> namedStops(GgufMetadata metadata) {
        Set<Integer> stops = new LinkedHashSet<>();
        for (String key : List.of(GgufKeys.EOS_TOKEN, GgufKeys.EOT_TOKEN, GgufKeys.EOM_TOKEN)) {
            tokenId(metadata, key).ifPresent(stops::add);
        }
        return List.copyOf(stops);
    }

    private OptionalInt tokenId(GgufMetadata metadata, String key) {
        return metadata.whole(key, 0, config.vocabularySize() - 1);
    }

    private static @Nullable Float optionalReal(GgufMetadata metadata, String key) {
        return metadata.has(key) ? metadata.real(key, 0) : null;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public String format() {
        return "GGUF v" + first.version();
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
    public Optional<Path> visionFile() {
        return towerFile.isPresent() && !files.isEmpty() ? Optional.of(files.getLast()) : Optional.empty();
    }

    /** Made of the file's metadata at the first call: 200,000 strings that commands without text never need. */
    @Override
    public synchronized Vocabulary vocabulary() {
        Vocabulary known = vocabulary;
        if (known == null) {
            known = readVocabulary();
            vocabulary = known;
        }
        return known;
    }

    private Vocabulary readVocabulary() {
        if (tokens.isEmpty()) {
            return new Vocabulary.None();
        }
        GgufMetadata metadata = first.metadata();
        GgufValue.Sequence sequence = tokens.get();
        int[] types = metadata.ints(GgufKeys.TOKEN_TYPES, Math.toIntExact(sequence.count()))
                .orElse(new int[0]);
        List<String> merges = metadata.texts(GgufKeys.MERGES)
                .map(found -> found.strings(first.file()))
                .orElse(List.of());
        return new Vocabulary.GgufTokens(sequence.strings(first.file()), types, merges, splitRules(metadata));
    }

    /** A file that does not say how text is split means its architecture's rules. */
    private SplitRules splitRules(GgufMetadata metadata) {
        Optional<String> name = metadata.text(GgufKeys.TOKENIZER_PRE);
        if (name.isEmpty()) {
            return isLlama ? SplitRules.LLAMA_3 : SplitRules.LLAMA_4;
        }
        return SplitRules.named(name.get())
                .orElseThrow(() -> metadata.error(
                        GgufKeys.TOKENIZER_PRE,
                        "is '" + name.get()
                                + "'; Herd splits text as Llama 3 ('llama-bpe') or Llama 4 ('llama4') does"));
    }

    @Override
    public GenerationDefaults generationDefaults() {
        return generationDefaults;
    }

    @Override
    public List<TensorInfo> tensors() {
        return Stream.concat(
                        tensors.all().stream(),
                        towerFile.map(GgufReader.Contents::tensors).stream().flatMap(List::stream))
                .map(tensor -> new TensorInfo(
                        tensor.name(),
                        tensor.typeName(),
                        tensor.shape().reversed(),
                        tensor.data().byteSize()))
                .toList();
    }

    @Override
    public List<Path> files() {
        return files;
    }

    @Override
    public void close() {
        arena.close();
    }
}
