package dev.herd.weights;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Opens checkpoints, whatever their format. */
public final class Checkpoints {
    private static final String EXPECTED =
            "expected a .gguf file or a directory with config.json and safetensors files";

    private Checkpoints() {}

    /**
     * The checkpoint at {@code path}: a GGUF file, any file of a split one, a directory in Hugging Face's layout, or a
     * directory with exactly one GGUF checkpoint. Only headers and norms are read; the rest stays where it is.
     *
     * @throws CheckpointException if there is none, or one that cannot be used
     */
    public static Checkpoint open(Path path) {
        if (Files.isDirectory(path)) {
            return openDirectory(path);
        }
        if (!Files.isRegularFile(path)) {
            throw new CheckpointException(path + ": is no file or directory; " + EXPECTED);
        }
        String name = nameOf(path);
        if (name.endsWith(".pth")) {
            throw mustBeConverted(path);
        }
        if (name.endsWith(".safetensors") || name.endsWith(".json")) {
            throw new CheckpointException(path + ": is one file of a checkpoint; name its directory instead");
        }
        return GgufCheckpoint.open(path);
    }

    private static Checkpoint openDirectory(Path directory) {
        List<Path> gguf = list(directory, "*.gguf");
        boolean hasConfig = Files.isRegularFile(directory.resolve(HfCheckpoint.CONFIG));
        if (SafetensorsDirectory.isIn(directory)) {
            if (!hasConfig) {
                throw new CheckpointException(directory + ": has safetensors files, but no config.json");
            }
            return HfCheckpoint.open(directory);
        }
        if (!gguf.isEmpty()) {
            return GgufCheckpoint.open(only(directory, gguf));
        }
        if (!list(directory, "consolidated*.pth").isEmpty()) {
            throw mustBeConverted(directory);
        }
        if (!list(directory, "*.bin").isEmpty()) {
            throw new CheckpointException(
                    directory + ": has PyTorch .bin files, which Herd does not read; save the model as safetensors");
        }
        throw new CheckpointException(directory + ": holds no checkpoint; " + EXPECTED);
    }

    /** The one GGUF checkpoint among {@code files}, by its first file; vision encoders ({@code mmproj}) do not count. */
    private static Path only(Path directory, List<Path> files) {
        List<Path> firsts = files.stream()
                .filter(file -> !nameOf(file).contains("mmproj"))
                .filter(file ->
                        GgufShards.of(file).map(set -> set.number() == 1).orElse(true))
                .toList();
        if (firsts.isEmpty()) {
            return files.getFirst();
        }
        if (firsts.size() != 1) {
            throw new CheckpointException(
                    directory + ": has " + firsts.size() + " GGUF checkpoints; name the file that you mean");
        }
        return firsts.getFirst();
    }

    private static CheckpointException mustBeConverted(Path path) {
        return new CheckpointException(
                path + ": is in Meta's original format, which Herd does not read; convert it to safetensors with"
                        + " transformers' convert_llama4_weights_to_hf.py, or download the Hugging Face version");
    }

    private static String nameOf(Path path) {
        Path name = path.getFileName();
        return name == null ? "" : name.toString();
    }

    private static List<Path> list(Path directory, String pattern) {
        List<Path> found = new ArrayList<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory, pattern)) {
            entries.forEach(found::add);
        } catch (IOException e) {
            throw new CheckpointException(directory + ": cannot be listed: " + e.getMessage(), e);
        }
        found.sort(null);
        return found;
    }
}
