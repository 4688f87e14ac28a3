package dev.herd.weights;

import static org.assertj.core.api.Assertions.assertThat;

import dev.herd.kernels.TensorType;
import dev.herd.kernels.WeightMatrix;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CheckpointsTest {
    @TempDir
    Path temporary;

    @ParameterizedTest
    @CsvSource({
        "consolidated.00.pth, convert_llama4_weights_to_hf.py",
        "model.safetensors, name its directory instead",
        "config.json, name its directory instead",
        "notes.txt, is no GGUF file"
    })
    void saysWhatToDoWithFilesThatAreNoCheckpoint(String name, String expected) throws IOException {
        Path file = Files.writeString(temporary.resolve(name), "something");

        assertThat(Allocations.refusal(() -> Checkpoints.open(file)))
                .startsWith(file + ": ")
                .contains(expected);
    }

    @ParameterizedTest
    @CsvSource({
        "consolidated.00.pth, convert it to safetensors",
        "pytorch_model-00001-of-00002.bin, save the model as safetensors",
        "model.safetensors, but no config.json",
        "readme.md, expected a .gguf file or a directory with config.json and safetensors files"
    })
    void saysWhatADirectoryLacks(String name, String expected) throws IOException {
        Files.writeString(temporary.resolve(name), "something");

        assertThat(Allocations.refusal(() -> Checkpoints.open(temporary)))
                .startsWith(temporary + ": ")
                .contains(expected);
    }

    @Test
    void saysThatNothingIsThere() {
        Path nothing = temporary.resolve("nothing.gguf");

        assertThat(Allocations.refusal(() -> Checkpoints.open(nothing)))
                .startsWith(nothing + ": is no file or directory; expected a .gguf file");
    }

    @Test
    void opensTheOnlyGgufOfADirectoryBesideAVisionEncoder() throws IOException {
        writeGguf("model.gguf");
        new GgufWriter().text("general.architecture", "clip").writeTo(temporary.resolve("mmproj-other.gguf"));

        try (Checkpoint checkpoint = Checkpoints.open(temporary)) {
            assertThat(checkpoint.files()).containsExactly(temporary.resolve("model.gguf"));
        }
        writeGguf("second.gguf");
        assertThat(Allocations.refusal(() -> Checkpoints.open(temporary)))
                .endsWith("has 2 GGUF checkpoints; name the file that you mean");
    }

    @Test
    void leavesATowerToTheLlama4OfItsFolder() {
        TinyLlama llama = TinyLlama.random(new TinyLlama.Sizes(8, 8, 1, 1, 1, 8, 10, 100, null, true), 1);
        Path file = llama.writeGguf(temporary.resolve("guard.gguf"));
        Path tower = temporary.resolve("mmproj.gguf");
        try (Checkpoint seeing = Checkpoints.open(GoldenFiles.directory("vision"))) {
            GgufVisionExport.write(seeing, TensorType.F32, tower);
        }

        try (Checkpoint checkpoint = Checkpoints.open(file)) {
            assertThat(checkpoint.vision()).isEmpty();
        }
        assertThat(Allocations.refusal(() -> Checkpoints.open(file, Optional.of(tower))))
                .startsWith(tower + ": goes with a Llama 4, but " + file)
                .endsWith("sees no pictures");
    }

    @Test
    void wantsTheTokenizerJsonOfALlama() throws IOException {
        TinyLlama llama = TinyLlama.random(new TinyLlama.Sizes(8, 8, 1, 1, 1, 8, 10, 100, null, true), 1);
        Path directory = llama.writeHuggingFace(temporary.resolve("llama"));
        try (Checkpoint checkpoint = Checkpoints.open(directory)) {
            assertThat(checkpoint.vocabulary()).isEqualTo(new Vocabulary.None());
            Files.writeString(directory.resolve("tokenizer.model"), "AA== 0");
            assertThat(Allocations.refusal(checkpoint::vocabulary))
                    .endsWith("is not read for model_type llama; put the model's tokenizer.json beside it");
        }
    }

    /** A sparse file: it takes no space, but every offset is real. */
    @Test
    void opensSixtyGigabytesWithoutReadingThem() throws IOException {
        Path file = temporary.resolve("huge.gguf");
        long vocabulary = 234_375;
        int hidden = 65_536;
        long embeddingBytes = 4 * vocabulary * hidden;
        byte[] header = hugeHeader(vocabulary, hidden, embeddingBytes);
        long lastRow = header.length + embeddingBytes - 4L * hidden;
        try (RandomAccessFile sparse = new RandomAccessFile(file.toFile(), "rw")) {
            sparse.write(header);
            sparse.seek(lastRow);
            sparse.write(LittleEndian.bytes(1.5f));
            sparse.seek(header.length + embeddingBytes);
            sparse.write(LittleEndian.bytes(2.5f));
            sparse.setLength(header.length + embeddingBytes + 100L * hidden);
        }

        Allocations.assertSmall(() -> {
            try (Checkpoint checkpoint = Checkpoints.open(file)) {
                WeightMatrix.RowMajor embedding =
                        (WeightMatrix.RowMajor) checkpoint.weights().embedding();
                MemorySegment data = embedding.data();
                assertThat(data.byteSize()).isEqualTo(embeddingBytes).isGreaterThan(57L << 30);
                assertThat(data.get(ValueLayout.JAVA_FLOAT_UNALIGNED, (vocabulary - 1) * embedding.rowBytes()))
                        .isEqualTo(1.5f);
                assertThat(checkpoint.weights().outputNorm().get(0)).isEqualTo(2.5f);
            }
        });
    }

    private static byte[] hugeHeader(long vocabulary, int hidden, long embeddingBytes) {
        ForgedGguf forged = new ForgedGguf()
                .entry("general.architecture", 8, "llama4")
                .entry("llama4.block_count", 4, 1)
                .entry("llama4.context_length", 4, 64)
                .entry("llama4.embedding_length", 4, hidden)
                .entry("llama4.feed_forward_length", 4, 2)
                .entry("llama4.attention.head_count", 4, 1)
                .entry("llama4.attention.key_length", 4, 2)
                .entry("llama4.attention.layer_norm_rms_epsilon", 6, 1e-5f)
                .entry("llama4.interleave_moe_layer_step", 4, 0)
                .tensor("token_embd.weight", 0, 0, hidden, vocabulary)
                .tensor("output_norm.weight", 0, embeddingBytes, hidden);
        long small = embeddingBytes + 4L * hidden;
        for (String norm : List.of("attn_norm", "ffn_norm")) {
            forged.tensor("blk.0." + norm + ".weight", 0, small, hidden);
            small += 4L * hidden;
        }
        for (String matrix : List.of("attn_q", "attn_k", "attn_v", "ffn_gate", "ffn_up")) {
            forged.tensor("blk.0." + matrix + ".weight", 0, small, hidden, 2);
            small += 8L * hidden;
        }
        for (String matrix : List.of("attn_output", "ffn_down")) {
            forged.tensor("blk.0." + matrix + ".weight", 0, small, 2, hidden);
            small += 8L * hidden;
        }
        return forged.bytes();
    }

    private void writeGguf(String name) {
        Vocabulary.GgufTokens tokens = new Vocabulary.GgufTokens(List.of("a", "b"), new int[0], List.of());
        try (Checkpoint checkpoint = BuiltInModel.open(tokens)) {
            GgufExport.write(checkpoint, TensorType.Q8_0, temporary.resolve(name));
        }
    }
}
