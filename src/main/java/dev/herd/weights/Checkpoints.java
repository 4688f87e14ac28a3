package dev.herd.weights;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Opens checkpoints, whatever their format. */
public final class Checkpoints {
    private static final String EXPECTED =
            "expected a .gguf file or a directory with config.json and safetensors files";

    private static final String TOWER = "mmproj";

    private Checkpoints() {}

    /**
     * The checkpoint at {@code path}: a GGUF file, any file of a split one, a directory in Hugging Face's layout, or a
     * directory with exactly one GGUF checkpoint. Only headers and norms are read; the rest stays where it is, save the queries' and
     * keys' rows of Hugging Face's {@code llama}, which are copied into Herd's order.
     *
     * <p>A GGUF checkpoint sees pictures if a file with {@code mmproj} in its name that holds a vision tower of Llama 4
     * lies beside it.
     *
     * @throws CheckpointException if there is none, or one that cannot be used
     */
    public static Checkpoint open(Path path) {
        return open(path, Optional.empty());
    }

    /**
     * The same with the vision tower in {@code tower}, if it is given, and in no other file.
     *
     * @throws CheckpointException also if the checkpoint is none of GGUF, which has its vision tower in its own files
     */
    public static Checkpoint open(Path path, Optional<Path> tower) {
        if (Files.isDirectory(path)) {
            return openDirectory(path, tower);
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
        return openGguf(path, tower);
    }

    private static Checkpoint openGguf(Path file, Optional<Path> tower) {
        if (tower.isPresent() && !Files.isRegularFile(tower.get())) {
            throw new CheckpointException(tower.get() + ": is no file; a vision tower is a .gguf file");
        }
        return GgufCheckpoint.open(file, tower.or(() -> towerBeside(file)));
    }

    /** Files of other architectures may lie there too, since a folder may hold many models. */
    private static Optional<Path> towerBeside(Path file) {
        Path parent = file.toAbsolutePath().getParent();
        if (parent == null || isTowerName(file)) {
            return Optional.empty();
        }
        Path directory = file.getParent() == null ? Path.of("") : file.getParent();
        List<Path> towers = list(parent, "*.gguf").stream()
                .filter(Checkpoints::isTowerName)
                .filter(Checkpoints::isTower)
                .map(found -> directory.resolve(found.getFileName()))
                .toList();
        if (towers.isEmpty() || isLlama(file)) {
            return Optional.empty();
        }
        if (towers.size() > 1) {
            throw new CheckpointException(file + ": has " + towers.size()
                    + " vision towers beside it; name the one that you mean with mmproj");
        }
        return towers.stream().findFirst();
    }

    /** Models of this architecture see nothing; a tower in their folder belongs to another one. */
    private static boolean isLlama(Path file) {
        try (Arena arena = Arena.ofShared()) {
            return GgufLlamaConfig.isOf(GgufReader.read(file.toString(), MappedFile.map(file, arena))
                    .metadata());
        }
    }

    private static boolean isTower(Path file) {
        try (Arena arena = Arena.ofShared()) {
            return GgufVision.isTower(GgufReader.read(file.toString(), MappedFile.map(file, arena)));
        }
    }

    private static boolean isTowerName(Path file) {
        return nameOf(file).toLowerCase(Locale.ROOT).contains(TOWER);
    }

    private static Checkpoint openDirectory(Path directory, Optional<Path> tower) {
        List<Path> gguf = list(directory, "*.gguf");
        boolean hasConfig = Files.isRegularFile(directory.resolve(HfCheckpoint.CONFIG));
        if (SafetensorsDirectory.isIn(directory)) {
            if (!hasConfig) {
                throw new CheckpointException(directory + ": has safetensors files, but no config.json");
            }
            if (tower.isPresent()) {
                throw new CheckpointException(tower.get() + ": goes with a GGUF checkpoint; " + directory
                        + " has its vision tower, if any, in its own files");
            }
            return HfCheckpoint.open(directory);
        }
        if (!gguf.isEmpty()) {
            return openGguf(only(directory, gguf), tower);
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
                .filter(file -> !isTowerName(file))
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
