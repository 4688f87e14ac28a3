package dev.herd.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.herd.kernels.TensorType;
import dev.herd.weights.Checkpoint.TensorInfo;
import dev.herd.weights.ModelConfig.AttentionTemperature;
import dev.herd.weights.Vocabulary.SplitRules;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GgufCheckpointTest {
    private static final ModelConfig CONFIG = new ModelConfig(
            32,
            20,
            64,
            2,
            1,
            16,
            32,
            64,
            2,
            1,
            ModelConfig.pattern(2, 4, 2),
            8192,
            1e-5f,
            true,
            500_000,
            null,
            new AttentionTemperature(8192, 0.1f));

    @TempDir
    Path temporary;

    @Test
    void tellsNameFormatFilesAndTensorsAsTheFileDescribesThem() {
        Path file = write("model.gguf", model("My model"));

        try (Checkpoint checkpoint = Checkpoints.open(file)) {
            assertThat(checkpoint.name()).isEqualTo("My model");
            assertThat(checkpoint.format()).isEqualTo("GGUF v3");
            assertThat(checkpoint.files()).containsExactly(file);
            assertThat(checkpoint.config()).isEqualTo(CONFIG);
            assertThat(checkpoint.tensors())
                    .contains(new TensorInfo("blk.1.ffn_up_exps.weight", "F32", List.of(32L, 32L, 2L), 8192));
        }
    }

    @Test
    void isNamedAfterItsFileWhenItHasNoName() {
        Path file = write("nameless.gguf", model(" "));

        try (Checkpoint checkpoint = Checkpoints.open(file)) {
            assertThat(checkpoint.name()).isEqualTo("nameless");
        }
    }

    @Test
    void fallsBackToTheEmbeddingWithoutOutputMatrix() {
        Path file = write("model.gguf", withTensors(metadata("m"), "output.weight"));

        try (Checkpoint checkpoint = Checkpoints.open(file)) {
            assertThat(checkpoint.weights().output())
                    .isEqualTo(checkpoint.weights().embedding());
        }
    }

    @ParameterizedTest
    @CsvSource({
        "token_embd.weight",
        "output_norm.weight",
        "blk.0.attn_norm.weight",
        "blk.0.attn_q.weight",
        "blk.0.attn_k.weight",
        "blk.0.attn_v.weight",
        "blk.0.attn_output.weight",
        "blk.0.ffn_norm.weight",
        "blk.0.ffn_gate.weight",
        "blk.0.ffn_up.weight",
        "blk.0.ffn_down.weight",
        "blk.1.ffn_gate_inp.weight",
        "blk.1.ffn_gate_exps.weight",
        "blk.1.ffn_up_exps.weight",
        "blk.1.ffn_down_exps.weight",
        "blk.1.ffn_gate_shexp.weight",
        "blk.1.ffn_up_shexp.weight",
        "blk.1.ffn_down_shexp.weight"
    })
    void namesTheTensorThatIsMissingOrMisshapen(String name) {
        Path missing = write("missing.gguf", withTensors(metadata("m"), name));
        Path misshapen = write("misshapen.gguf", put(withTensors(metadata("m"), name), name, TensorType.F32, 3, 5));

        assertThat(Allocations.refusal(() -> Checkpoints.open(missing)))
                .isEqualTo(missing + ": tensor '" + name + "' is missing");
        assertThat(Allocations.refusal(() -> Checkpoints.open(misshapen)))
                .startsWith(misshapen + ": tensor '" + name + "' has shape [5, 3] instead of [");
    }

    @Test
    void refusesTensorsOfTypesThatHoldNoWeights() {
        Path file = write(
                "model.gguf",
                put(withTensors(metadata("m"), "blk.0.attn_q.weight"), "blk.0.attn_q.weight", TensorType.I32, 32, 32));

        assertThat(Allocations.refusal(() -> Checkpoints.open(file)))
                .isEqualTo(file + ": tensor 'blk.0.attn_q.weight' has type I32, which Herd does not compute with");
    }

    @ParameterizedTest
    @CsvSource({"0", "-1", "NaN", "Infinity"})
    void refusesRopeDivisorsThatAreNotPositive(float divisor) {
        float[] divisors = {1, 1, 1, 1, 1, 1, divisor, 1};
        GgufWriter writer = model("m")
                .tensor(
                        "rope_freqs.weight",
                        TensorType.F32,
                        List.of(8L),
                        sink -> sink.write(MemorySegment.ofArray(divisors)));
        Path file = write("model.gguf", writer);

        assertThat(Allocations.refusal(() -> Checkpoints.open(file)))
                .contains("tensor 'rope_freqs.weight' has ")
                .contains(" as element 6, which must be positive");
    }

    @Test
    void readsVocabularyAndSpecialTokens() {
        GgufWriter writer = model("m")
                .text("tokenizer.ggml.model", "gpt2")
                .texts("tokenizer.ggml.tokens", List.of("a", "Ġb", "<|eot|>"))
                .int32s("tokenizer.ggml.token_type", 1, 1, 3)
                .texts("tokenizer.ggml.merges", List.of("a Ġb"))
                .uint32("tokenizer.ggml.bos_token_id", 0)
                .uint32("tokenizer.ggml.eos_token_id", 2)
                .uint32("tokenizer.ggml.eot_token_id", 2)
                .uint32("tokenizer.ggml.eom_token_id", 1);
        Path file = write("model.gguf", writer);

        try (Checkpoint checkpoint = Checkpoints.open(file)) {
            Vocabulary.GgufTokens tokens = (Vocabulary.GgufTokens) checkpoint.vocabulary();
            assertThat(tokens.tokens()).containsExactly("a", "Ġb", "<|eot|>");
            assertThat(tokens.tokenTypes()).containsExactly(1, 1, 3);
            assertThat(tokens.merges()).containsExactly("a Ġb");
            assertThat(checkpoint.vocabulary()).as("made once").isSameAs(tokens);
            assertThat(checkpoint.generationDefaults().bosToken()).isEqualTo(OptionalInt.of(0));
            assertThat(checkpoint.generationDefaults().stopTokens()).containsExactly(2, 1);
        }
    }

    @Test
    void refusesVocabulariesThatDoNotFitTheModel() {
        List<String> tooMany = Collections.nCopies(21, "t");
        assertRefused(model("m").texts("tokenizer.ggml.tokens", tooMany), "has 21 elements for 20 embedding rows");
        assertRefused(
                model("m").text("tokenizer.ggml.model", "llama").texts("tokenizer.ggml.tokens", List.of("a")),
                "is 'llama'; Herd reads byte-level BPE, 'gpt2', only");
        assertRefused(model("m").uint32("tokenizer.ggml.tokens", 1), "is a whole number instead of an array of texts");
        assertRefused(model("m").uint32("tokenizer.ggml.eos_token_id", 20), "is 20, not in 0..19");
    }

    @Test
    void refusesTokenTypesOfAnotherLength() {
        Path file = write(
                "model.gguf",
                model("m").texts("tokenizer.ggml.tokens", List.of("a", "b")).int32s("tokenizer.ggml.token_type", 1));

        try (Checkpoint checkpoint = Checkpoints.open(file)) {
            assertThat(Allocations.refusal(checkpoint::vocabulary))
                    .endsWith("'tokenizer.ggml.token_type' has 1 elements instead of 2");
        }
    }

    @ParameterizedTest
    @CsvSource({"llama-bpe, LLAMA_3", "llama-v3, LLAMA_3", "llama4, LLAMA_4", "gpt-4o, LLAMA_4"})
    void readsHowTextIsSplit(String pre, SplitRules expected) {
        Path file = write(
                "model.gguf",
                model("m").texts("tokenizer.ggml.tokens", List.of("a")).text("tokenizer.ggml.pre", pre));

        try (Checkpoint checkpoint = Checkpoints.open(file)) {
            assertThat(((Vocabulary.GgufTokens) checkpoint.vocabulary()).splitRules())
                    .isEqualTo(expected);
        }
    }

    @Test
    void refusesTextThatIsSplitOtherwise() {
        Path file = write(
                "model.gguf",
                model("m").texts("tokenizer.ggml.tokens", List.of("a")).text("tokenizer.ggml.pre", "qwen2"));

        try (Checkpoint checkpoint = Checkpoints.open(file)) {
            assertThat(Allocations.refusal(checkpoint::vocabulary))
                    .endsWith("'tokenizer.ggml.pre' is 'qwen2'; Herd splits text as Llama 3 ('llama-bpe') or Llama 4"
                            + " ('llama4') does");
        }
    }

    @Test
    void refusesBiasesOfALlama() {
        for (String name : List.of("blk.0.attn_q.bias", "blk.1.ffn_down.bias", "rope_factors_long.weight")) {
            GgufWriter writer = new GgufWriter()
                    .text("general.architecture", "llama")
                    .uint32("llama.block_count", 1)
                    .uint32("llama.context_length", 64)
                    .uint32("llama.embedding_length", 2)
                    .uint32("llama.feed_forward_length", 2)
                    .uint32("llama.attention.head_count", 1)
                    .float32("llama.attention.layer_norm_rms_epsilon", 1e-5f)
                    .tensor(name, TensorType.F32, List.of(2L), sink -> sink.write(MemorySegment.ofArray(new float[2])));

            assertRefused(writer, "'" + name + "'");
        }
    }

    @Test
    void opensASplitSetByAnyOfItsFiles() throws IOException {
        List<Path> files = writeSplit();

        for (Path file : files) {
            try (Checkpoint checkpoint = Checkpoints.open(file)) {
                assertThat(checkpoint.config()).isEqualTo(CONFIG);
                assertThat(checkpoint.files()).containsExactlyElementsOf(files);
                assertThat(checkpoint.name()).isEqualTo("split");
            }
        }
        try (Checkpoint checkpoint = Checkpoints.open(temporary)) {
            assertThat(checkpoint.tensors()).hasSize(25);
        }
    }

    @Test
    void namesTheShardThatIsMissing() throws IOException {
        List<Path> files = writeSplit();
        Files.delete(files.get(1));

        assertThat(Allocations.refusal(() -> Checkpoints.open(files.getFirst())))
                .isEqualTo(files.get(1) + ": is missing; the checkpoint has 3 files");
    }

    @Test
    void refusesAShardThatIsACopyOrALinkOfAnother() throws IOException {
        List<Path> files = writeSplit();
        Files.delete(files.get(2));
        Files.createSymbolicLink(files.get(2), files.get(1));

        assertThat(Allocations.refusal(() -> Checkpoints.open(files.getFirst())))
                .isEqualTo(files.get(2) + ": metadata key 'split.no' is 1, but the name says 2 (counted from 0)");
    }

    @Test
    void refusesShardsThatDisagreeAboutTheirNumber() throws IOException {
        List<Path> files = writeSplit();
        write(files.get(1).getFileName().toString(), shard(1, 65_535, 25));

        assertThat(Allocations.refusal(() -> Checkpoints.open(files.getFirst())))
                .isEqualTo(files.get(1) + ": metadata key 'split.count' is 65535, but the name says 3");
    }

    @Test
    void refusesAShardWithoutSplitKeysAndASplitFileWithoutItsName() {
        Path plain = write("plain-00001-of-00001.gguf", model("m"));
        Path lonely = write("lonely.gguf", shard(0, 3, 25));
        Path stranger = write("stranger-00001-of-00002.gguf", model("m"));
        write("stranger-00002-of-00002.gguf", model("m"));
        Path impossible = write("odd-00004-of-00002.gguf", model("m"));

        assertThat(Allocations.refusal(() -> Checkpoints.open(lonely)))
                .contains("split.count' is 3, but the file is not named NAME-00001-of-00003.gguf");
        assertThat(Allocations.refusal(() -> Checkpoints.open(stranger))).contains("'split.count' is missing");
        assertThat(Allocations.refusal(() -> Checkpoints.open(impossible))).contains("is named shard 4 of 2");
        try (Checkpoint checkpoint = Checkpoints.open(plain)) {
            assertThat(checkpoint.files()).containsExactly(plain);
        }
    }

    @Test
    void refusesASetWithATensorInTwoFilesOrTooFewOfThem() throws IOException {
        List<Path> files = writeSplit();
        String last = files.get(2).getFileName().toString();
        write(last, withTensors(shard(2, 3, 25)));
        assertThat(Allocations.refusal(() -> Checkpoints.open(files.getFirst())))
                .contains("'split.tensors.count' is 25, but the files hold 49");

        write(last, put(shard(2, 3, 25), "output_norm.weight", TensorType.F32, 32));
        assertThat(Allocations.refusal(() -> Checkpoints.open(files.getFirst())))
                .isEqualTo(files.get(2) + ": tensor 'output_norm.weight' occurs in " + files.get(1) + " as well");
    }

    @Test
    void survivesAnyDamageToItsHeaderWithAnAnswerOrARefusal() {
        long seed = 20;
        Random random = new Random(seed);
        byte[] whole = model("m")
                .texts("tokenizer.ggml.tokens", List.of("a", "b"))
                .writeTo(Arena.ofAuto())
                .toArray(ValueLayout.JAVA_BYTE);

        for (int round = 0; round < 3000; round++) {
            byte[] damaged = whole.clone();
            for (int hit = 0; hit <= round % 3; hit++) {
                damaged[random.nextInt(3200)] = (byte) (random.nextBoolean() ? random.nextInt() : 0xFF);
            }
            MemorySegment segment = LittleEndian.segment(damaged);

            Throwable thrown = catchThrowable(
                    () -> MappedFile.open(arena -> GgufCheckpoint.of("damaged", segment, Optional.empty(), arena))
                            .close());

            if (thrown != null) {
                assertThat(thrown).as("seed " + seed + ", round " + round).isInstanceOf(CheckpointException.class);
            }
        }
    }

    private void assertRefused(GgufWriter writer, String expected) {
        Path file = write("refused.gguf", writer);
        assertThat(Allocations.refusal(() -> Checkpoints.open(file)))
                .startsWith(file.toString())
                .contains(expected);
    }

    /** Three files: metadata only, the middle tensors, the last one. */
    private List<Path> writeSplit() throws IOException {
        GgufWriter first = metadata("split");
        putSplitKeys(first, 0, 3, 25);
        return List.of(
                write(shardName(1), first),
                write(shardName(2), withTensors(shard(1, 3, 25), "output.weight")),
                write(shardName(3), put(shard(2, 3, 25), "output.weight", TensorType.F32, 32, 20)));
    }

    private static String shardName(int number) {
        return String.format(Locale.ROOT, "split-%05d-of-00003.gguf", number);
    }

    private static GgufWriter shard(int number, int count, int tensors) {
        GgufWriter writer = new GgufWriter();
        putSplitKeys(writer, number, count, tensors);
        return writer;
    }

    private static void putSplitKeys(GgufWriter writer, int number, int count, int tensors) {
        writer.uint16("split.no", number).uint16("split.count", count).int32("split.tensors.count", tensors);
    }

    private static GgufWriter model(String name) {
        return withTensors(metadata(name));
    }

    private static GgufWriter metadata(String name) {
        return new GgufWriter()
                .text("general.architecture", "llama4")
                .text("general.name", name)
                .uint32("llama4.block_count", 2)
                .uint32("llama4.context_length", 64)
                .uint32("llama4.embedding_length", 32)
                .uint32("llama4.feed_forward_length", 64)
                .uint32("llama4.expert_feed_forward_length", 32)
                .uint32("llama4.attention.head_count", 2)
                .uint32("llama4.attention.head_count_kv", 1)
                .float32("llama4.attention.layer_norm_rms_epsilon", 1e-5f)
                .float32("llama4.rope.freq_base", 500_000)
                .uint32("llama4.expert_count", 2)
                .uint32("llama4.expert_used_count", 1)
                .uint32("llama4.interleave_moe_layer_step", 2)
                .uint32("llama4.vocab_size", 20);
    }

    private static GgufWriter withTensors(GgufWriter writer, String... without) {
        return new Skipping(writer, List.of(without)).put();
    }

    private record Skipping(GgufWriter writer, List<String> without) {
        GgufWriter put() {
            add("token_embd", 32, 20).add("output_norm", 32).add("output", 32, 20);
            for (String layer : List.of("blk.0.", "blk.1.")) {
                add(layer + "attn_norm", 32).add(layer + "ffn_norm", 32);
                add(layer + "attn_q", 32, 32).add(layer + "attn_output", 32, 32);
                add(layer + "attn_k", 32, 16).add(layer + "attn_v", 32, 16);
            }
            add("blk.0.ffn_gate", 32, 64).add("blk.0.ffn_up", 32, 64).add("blk.0.ffn_down", 64, 32);
            add("blk.1.ffn_gate_inp", 32, 2);
            for (String part : List.of("gate", "up", "down")) {
                add("blk.1.ffn_" + part + "_exps", 32, 32, 2).add("blk.1.ffn_" + part + "_shexp", 32, 32);
            }
            return writer;
        }

        private Skipping add(String name, long... dimensions) {
            if (!without.contains(name + ".weight")) {
                GgufCheckpointTest.put(writer, name + ".weight", TensorType.F32, dimensions);
            }
            return this;
        }
    }

    private static GgufWriter put(GgufWriter writer, String name, TensorType type, long... dimensions) {
        List<Long> shape = Arrays.stream(dimensions).boxed().toList();
        long elements = shape.stream().reduce(1L, Math::multiplyExact);
        return writer.tensor(
                name, type, shape, sink -> sink.write(MemorySegment.ofArray(new byte[(int) type.bytes(elements)])));
    }

    private Path write(String name, GgufWriter writer) {
        Path file = temporary.resolve(name);
        writer.writeTo(file);
        return file;
    }
}
