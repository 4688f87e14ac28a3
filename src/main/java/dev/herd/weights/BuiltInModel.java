package dev.herd.weights;

import dev.herd.kernels.QuantFormats;
import dev.herd.kernels.TensorType;
import dev.herd.weights.Checkpoint.GenerationDefaults;
import dev.herd.weights.ModelConfig.AttentionTemperature;
import dev.herd.weights.ModelConfig.RopeScaling;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SplittableRandom;
import java.util.stream.Stream;

/**
 * A tiny checkpoint in Scout's shape that needs no file: every layer MoE, every fourth GLOBAL, QK norm, frequency step
 * and attention temperature, with a vision tower of the released models' tiles. Its weights are random, so its answers are noise; they are the same ones every time.
 */
public final class BuiltInModel {
    /** What {@link Checkpoint#name} answers. */
    public static final String NAME = "herd-tiny";

    private static final long SEED = 4;
    private static final int HIDDEN_SIZE = 128;
    private static final int HEAD_COUNT = 4;
    private static final int KV_HEAD_COUNT = 2;
    private static final int HEAD_SIZE = 32;
    private static final int FFN_SIZE = 128;
    private static final int LAYERS = 8;
    private static final int EXPERTS = 4;
    private static final int CONTEXT_LENGTH = 32_768;
    private static final int CHUNK_SIZE = 8192;

    /** The released models' tiles of 336 pixels and 144 image tokens, seen by next to nothing. */
    private static final VisionConfig TOWER = new VisionConfig(336, 14, 64, 2, 128, 2, 2, 64, 1e-5f, 10_000);

    private final GgufWriter writer = new GgufWriter();
    private final SplittableRandom random = new SplittableRandom(SEED);

    private BuiltInModel() {}

    /**
     * The checkpoint, written into memory outside the heap and read back as any other.
     *
     * @param vocabulary its tokens, one embedding row each; control tokens of Llama 4 among them become the
     *     generation defaults
     */
    public static Checkpoint open(Vocabulary.GgufTokens vocabulary) {
        ModelConfig config = config(vocabulary.tokens().size());
        BuiltInModel model = new BuiltInModel();
        GgufMetadataExport.put(model.writer, NAME, config, vocabulary, generationDefaults(vocabulary.tokens()));
        model.putTensors(config);
        BuiltInModel tower = new BuiltInModel();
        GgufVisionExport.putMetadata(tower.writer, NAME, TOWER, HIDDEN_SIZE);
        tower.putTower();
        return MappedFile.open(arena ->
                GgufCheckpoint.of(NAME, model.writer.writeTo(arena), Optional.of(tower.writer.writeTo(arena)), arena));
    }

    private static ModelConfig config(int vocabularySize) {
        return new ModelConfig(
                HIDDEN_SIZE,
                vocabularySize,
                CONTEXT_LENGTH,
                HEAD_COUNT,
                KV_HEAD_COUNT,
                HEAD_SIZE,
                FFN_SIZE,
                0,
                EXPERTS,
                1,
                ModelConfig.pattern(LAYERS, 4, 1),
                CHUNK_SIZE,
                1e-5f,
                true,
                500_000,
                new RopeScaling(16, 1, 1, CHUNK_SIZE),
                new AttentionTemperature(CHUNK_SIZE, 0.1f));
    }

    private static GenerationDefaults generationDefaults(List<String> tokens) {
        int bos = tokens.indexOf("<|begin_of_text|>");
        List<Integer> stops = Stream.of("<|end_of_text|>", "<|eom|>", "<|eot|>")
                .map(tokens::indexOf)
                .filter(id -> id >= 0)
                .toList();
        return new GenerationDefaults(bos < 0 ? OptionalInt.empty() : OptionalInt.of(bos), stops, null, null, null);
    }

    private void putTensors(ModelConfig config) {
        RopeScaling scaling = Objects.requireNonNull(config.ropeScaling());
        putFloats(GgufWeights.ROPE_DIVISORS, RopeDivisors.of(scaling, config.ropeTheta(), HEAD_SIZE));
        putMatrix(GgufWeights.EMBEDDING, HIDDEN_SIZE, config.vocabularySize());
        putNorm(GgufWeights.OUTPUT_NORM);
        putMatrix(GgufWeights.OUTPUT, HIDDEN_SIZE, config.vocabularySize());
        for (int layer = 0; layer < LAYERS; layer++) {
            putNorm(GgufWeights.layerName(layer, "attn_norm"));
            putMatrix(GgufWeights.layerName(layer, "attn_q"), HIDDEN_SIZE, config.querySize());
            putMatrix(GgufWeights.layerName(layer, "attn_k"), HIDDEN_SIZE, config.keySize());
            putMatrix(GgufWeights.layerName(layer, "attn_v"), HIDDEN_SIZE, config.keySize());
            putMatrix(GgufWeights.layerName(layer, "attn_output"), config.querySize(), HIDDEN_SIZE);
            putNorm(GgufWeights.layerName(layer, "ffn_norm"));
            putMatrix(GgufWeights.layerName(layer, "ffn_gate_inp"), HIDDEN_SIZE, EXPERTS);
            for (String part : List.of("gate", "up", "down")) {
                boolean down = part.equals("down");
                int columns = down ? FFN_SIZE : HIDDEN_SIZE;
                int rows = down ? HIDDEN_SIZE : FFN_SIZE;
                putMatrix(GgufWeights.layerName(layer, "ffn_" + part + "_exps"), columns, rows, EXPERTS);
                putMatrix(GgufWeights.layerName(layer, "ffn_" + part + "_shexp"), columns, rows);
            }
        }
    }

    private void putTower() {
        VisionTensors.Names names = GgufVision.NAMES;
        int width = TOWER.hiddenSize();
        putMatrix(names.patchProj() + ".weight", TOWER.patchValues(), width);
        putFloats(names.classEmbedding(), randomFloats(width));
        putMatrix(names.positions(), width, TOWER.patchCount() + 1);
        putLayerNorm(names.preNorm());
        for (int layer = 0; layer < TOWER.layerCount(); layer++) {
            String prefix = names.layer().formatted(layer);
            VisionTensors.LayerNames in = names.inLayer();
            putLayerNorm(prefix + in.attentionNorm());
            for (String projection : List.of(in.query(), in.key(), in.value(), in.output())) {
                putLinear(prefix + projection, width, width);
            }
            putLayerNorm(prefix + in.ffnNorm());
            putLinear(prefix + in.ffnIn(), width, TOWER.ffnSize());
            putLinear(prefix + in.ffnOut(), TOWER.ffnSize(), width);
        }
        putLayerNorm(names.postNorm());
        putMatrix(names.adapterIn() + ".weight", TOWER.mergedSize(), TOWER.outputSize());
        putMatrix(names.adapterOut() + ".weight", TOWER.outputSize(), TOWER.outputSize());
        putMatrix(names.projector() + ".weight", TOWER.outputSize(), HIDDEN_SIZE);
    }

    private void putLinear(String name, int columns, int rows) {
        putMatrix(name + ".weight", columns, rows);
        putFloats(name + ".bias", new float[rows]);
    }

    private void putLayerNorm(String name) {
        float[] ones = new float[TOWER.hiddenSize()];
        Arrays.fill(ones, 1);
        putFloats(name + ".weight", ones);
        putFloats(name + ".bias", new float[TOWER.hiddenSize()]);
    }

    private float[] randomFloats(int count) {
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) (random.nextDouble() - 0.5);
        }
        return values;
    }

    private void putNorm(String name) {
        float[] ones = new float[HIDDEN_SIZE];
        Arrays.fill(ones, 1);
        putFloats(name, ones);
    }

    private void putFloats(String name, float[] values) {
        writer.tensor(
                name, TensorType.F32, List.of((long) values.length), sink -> sink.write(MemorySegment.ofArray(values)));
    }

    /** Random elements of variance {@code 1 / columns}, so that activations keep their size from layer to layer. */
    private void putMatrix(String name, int columns, int... others) {
        int rows = Arrays.stream(others).reduce(1, Math::multiplyExact);
        List<Long> dimensions = Stream.concat(
                        Stream.of((long) columns), Arrays.stream(others).mapToObj(size -> (long) size))
                .toList();
        long seed = random.nextLong();
        TensorType type = GgufExport.fitting(TensorType.Q8_0, columns);
        writer.tensor(
                name,
                type,
                dimensions,
                sink -> sink.write(randomRows(new SplittableRandom(seed), type, columns, rows)));
    }

    private static MemorySegment randomRows(SplittableRandom random, TensorType type, int columns, int rows) {
        float limit = (float) Math.sqrt(3.0 / columns);
        float[] values = new float[Math.multiplyExact(columns, rows)];
        for (int i = 0; i < values.length; i++) {
            values[i] = (random.nextInt() * 0x1p-31f) * limit;
        }
        MemorySegment encoded = Arena.ofAuto().allocate(type.bytes(values.length));
        QuantFormats.quantize(type, values, 0, values.length, encoded, 0);
        return encoded;
    }
}
