package dev.herd.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.herd.kernels.TensorType;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class GgufVisionTest {
    private static final VisionConfig CONFIG = new VisionConfig(56, 14, 48, 4, 192, 3, 2, 40, 1e-5f, 10_000);

    @TempDir
    Path folder;

    private Path model = Path.of("");

    @BeforeEach
    void writeTextModel() {
        model = folder.resolve("model.gguf");
        try (Checkpoint source = Checkpoints.open(GoldenFiles.directory("vision"))) {
            GgufExport.write(source, TensorType.F32, model);
        }
    }

    private Path writeTower(String name, TensorType type) {
        Path file = folder.resolve(name);
        try (Checkpoint source = Checkpoints.open(GoldenFiles.directory("vision"))) {
            GgufVisionExport.write(source, type, file);
        }
        return file;
    }

    /** A file with metadata that {@code change} may add to, and no tensor but the adapter's. */
    private Path forge(String name, VisionConfig config, int textSize, Consumer<GgufWriter> change) {
        GgufWriter writer = new GgufWriter();
        GgufVisionExport.putMetadata(writer, "forged", config, textSize);
        writer.tensor(
                "mm.model.mlp.1.weight",
                TensorType.F32,
                List.of(192L, 40L),
                sink -> sink.write(MemorySegment.ofArray(new float[192 * 40])));
        change.accept(writer);
        Path file = folder.resolve(name);
        writer.writeTo(file);
        return file;
    }

    @ParameterizedTest
    @EnumSource(names = {"F32", "F16", "BF16", "Q8_0"})
    void aTowerBesideTheModelIsFound(TensorType type) {
        Path file = writeTower("Model-MMPROJ.gguf", type);

        try (Checkpoint checkpoint = Checkpoints.open(model)) {
            VisionTower tower = checkpoint.vision().orElseThrow();
            assertThat(tower.config()).isEqualTo(CONFIG);
            assertThat(tower.weights().layers().getFirst().ffnOut().weight().type())
                    .isEqualTo(type);
            assertThat(checkpoint.visionFile()).contains(file);
            assertThat(checkpoint.tensors()).anyMatch(tensor -> tensor.name().equals("v.blk.2.ln2.bias"));
        }
    }

    @Test
    void aModelAloneSeesNothing() {
        try (Checkpoint checkpoint = Checkpoints.open(model)) {
            assertThat(checkpoint.vision()).isEmpty();
            assertThat(checkpoint.visionFile()).isEmpty();
        }
    }

    @Test
    void oneOfSeveralTowersMustBeNamed() {
        Path first = writeTower("mmproj-f32.gguf", TensorType.F32);
        writeTower("mmproj-f16.gguf", TensorType.F16);

        assertThatThrownBy(() -> Checkpoints.open(model))
                .isInstanceOf(CheckpointException.class)
                .hasMessage(model + ": has 2 vision towers beside it; name the one that you mean with mmproj");
        try (Checkpoint checkpoint = Checkpoints.open(model, Optional.of(first))) {
            assertThat(checkpoint.visionFile()).contains(first);
        }
    }

    @Test
    void towersOfOtherArchitecturesAreLeftAloneUnlessNamed() {
        GgufWriter writer = new GgufWriter();
        writer.text("general.architecture", "clip").text("clip.projector_type", "gemma3");
        Path other = folder.resolve("mmproj-other.gguf");
        writer.writeTo(other);

        try (Checkpoint checkpoint = Checkpoints.open(model)) {
            assertThat(checkpoint.vision()).isEmpty();
        }
        assertThatThrownBy(() -> Checkpoints.open(model, Optional.of(other)))
                .hasMessage(other + ": metadata key 'clip.projector_type' is 'gemma3'; Llama 4's is 'llama4'");
    }

    @Test
    void aTowerOfAnotherWidthIsRefused() {
        Path file = forge("mmproj.gguf", CONFIG, 97, writer -> {});

        assertThatThrownBy(() -> Checkpoints.open(model))
                .hasMessage(file + ": metadata key 'clip.vision.projection_dim' is 97, but the text model is 96 wide");
    }

    @Test
    void aMissingTensorIsNamed() {
        Path file = forge("mmproj.gguf", CONFIG, 96, writer -> {});

        assertThatThrownBy(() -> Checkpoints.open(model)).hasMessage(file + ": tensor 'v.blk.0.ln1.weight' is missing");
    }

    @Test
    void anImpossibleTowerIsNamed() {
        VisionConfig odd = new VisionConfig(42, 14, 48, 4, 192, 3, 3, 40, 1e-5f, 10_000);
        Path file = forge("mmproj.gguf", odd, 96, writer -> writer.uint32("clip.vision.unused", 1));

        assertThatThrownBy(() -> Checkpoints.open(model)).hasMessageContaining(file + ": tensor");
        assertThatThrownBy(() -> new VisionConfig(43, 14, 48, 4, 192, 3, 2, 40, 1e-5f, 10_000))
                .hasMessage("tiles of 43 pixels cannot be cut into patches of 14");
        assertThatThrownBy(() -> new VisionConfig(42, 14, 48, 4, 192, 3, 2, 40, 1e-5f, 10_000))
                .hasMessage("3 patches per side cannot be merged 2 by 2");
        assertThatThrownBy(() -> new VisionConfig(56, 14, 48, 5, 192, 3, 2, 40, 1e-5f, 10_000))
                .hasMessage("a width of 48 cannot be split into 5 heads whose size is a multiple of 4");
    }

    @Test
    void aTowerGoesWithGgufOnly() throws IOException {
        Path tower = writeTower("mmproj.gguf", TensorType.F32);
        Path directory = GoldenFiles.directory("scout");

        assertThatThrownBy(() -> Checkpoints.open(directory, Optional.of(tower)))
                .hasMessage(tower + ": goes with a GGUF checkpoint; " + directory
                        + " has its vision tower, if any, in its own files");
        Path nothing = folder.resolve("nothing.gguf");
        assertThatThrownBy(() -> Checkpoints.open(model, Optional.of(nothing)))
                .hasMessage(nothing + ": is no file; a vision tower is a .gguf file");
        Files.writeString(tower, "no tower");
        assertThatThrownBy(() -> Checkpoints.open(model)).hasMessageContaining("is no GGUF file");
    }

    @Test
    void theTowerOfADirectoryIsReadFromItsOwnTensors() {
        try (Checkpoint vision = Checkpoints.open(GoldenFiles.directory("vision"));
                Checkpoint text = Checkpoints.open(GoldenFiles.directory("scout"))) {
            assertThat(vision.vision().map(VisionTower::config)).contains(CONFIG);
            assertThat(text.vision()).isEmpty();
        }
    }

    @Test
    void theBuiltInModelSeesTilesOfTheReleasedSize() {
        try (Checkpoint checkpoint =
                BuiltInModel.open(new Vocabulary.GgufTokens(List.of("a", "b"), new int[] {1, 1}, List.of()))) {
            VisionConfig config = checkpoint.vision().orElseThrow().config();

            assertThat(config.tileSize()).isEqualTo(336);
            assertThat(config.tokensPerTile()).isEqualTo(144);
        }
    }
}
