package dev.herd.weights;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The safetensors files of a directory: {@code model.safetensors}, the shards that
 * {@code model.safetensors.index.json} names, or the only safetensors file there is.
 */
final class SafetensorsDirectory {
    private static final String SINGLE = "model.safetensors";
    private static final String INDEX = "model.safetensors.index.json";
    private static final String SUFFIX = ".safetensors";
    private static final long MAX_INDEX_BYTES = 256L << 20;

    private final TensorSet tensors;
    private final List<Path> files = new ArrayList<>();

    private SafetensorsDirectory(Path directory) {
        this.tensors = new TensorSet(directory.toString());
    }

    /** Maps the files of {@code directory} for as long as {@code arena} lives. */
    static SafetensorsDirectory open(Path directory, Arena arena) {
        SafetensorsDirectory opened = new SafetensorsDirectory(directory);
        Path index = directory.resolve(INDEX);
        if (Files.isRegularFile(directory.resolve(SINGLE))) {
            opened.add(directory.resolve(SINGLE), arena);
        } else if (Files.isRegularFile(index)) {
            opened.addShards(directory, index, arena);
        } else {
            opened.add(only(directory), arena);
        }
        return opened;
    }

    /** Whether {@code directory} has any safetensors file. */
    static boolean isIn(Path directory) {
        return !list(directory).isEmpty();
    }

    /** The tensors of all files. */
    TensorSet tensors() {
        return tensors;
    }

    /** The files, in the order of the index. */
    List<Path> files() {
        return files;
    }

    private void add(Path file, Arena arena) {
        files.add(file);
        SafetensorsReader.read(file.toString(), MappedFile.map(file, arena)).forEach(tensors::add);
    }

    private void addShards(Path directory, Path index, Arena arena) {
        Map<String, String> shardOf = readIndex(index);
        Set<String> shards = new LinkedHashSet<>(shardOf.values());
        for (String shard : shards) {
            Path file = directory.resolve(shard);
            if (!Files.isRegularFile(file)) {
                throw new CheckpointException(index + ": names " + shard + ", which is missing");
            }
            add(file, arena);
        }
        shardOf.forEach((name, shard) -> {
            String expected = directory.resolve(shard).toString();
            Optional<StoredTensor> found = tensors.find(name);
            if (found.isEmpty() || !found.get().file().equals(expected)) {
                throw StoredTensor.error(expected, name, "is missing, though " + INDEX + " says that it is there");
            }
        });
    }

    private static Map<String, String> readIndex(Path index) {
        Map<String, String> shardOf = new LinkedHashMap<>();
        try (JsonParser parser = Json.FACTORY.createParser(MappedFile.read(index, MAX_INDEX_BYTES))) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                throw new CheckpointException(index + ": is no JSON object");
            }
            for (String field = parser.nextFieldName(); field != null; field = parser.nextFieldName()) {
                JsonToken token = parser.nextToken();
                if (!field.equals("weight_map")) {
                    parser.skipChildren();
                } else if (token == JsonToken.START_OBJECT) {
                    readWeightMap(index, parser, shardOf);
                } else {
                    throw new CheckpointException(index + ": has a weight_map that is no JSON object");
                }
            }
        } catch (IOException e) {
            throw Json.malformed(index.toString(), e);
        }
        if (shardOf.isEmpty()) {
            throw new CheckpointException(index + ": has no weight_map that names tensors");
        }
        return shardOf;
    }

    private static void readWeightMap(Path index, JsonParser parser, Map<String, String> shardOf) throws IOException {
        for (String name = parser.nextFieldName(); name != null; name = parser.nextFieldName()) {
            if (parser.nextToken() != JsonToken.VALUE_STRING) {
                throw StoredTensor.error(index.toString(), name, "is mapped to something that is no file name");
            }
            String shard = parser.getText();
            if (!isPlainName(shard)) {
                throw StoredTensor.error(
                        index.toString(),
                        name,
                        "is mapped to '" + shard + "', which is no plain name of a safetensors file");
            }
            shardOf.put(name, shard);
        }
    }

    /** An index may only name files beside it: no folders, no ways out. */
    private static boolean isPlainName(String name) {
        return name.endsWith(SUFFIX)
                && name.length() <= 255
                && name.chars().noneMatch(c -> c == '/' || c == '\\' || c == ':' || c < ' ');
    }

    private static Path only(Path directory) {
        List<Path> found = list(directory);
        if (found.size() != 1) {
            throw new CheckpointException(directory + ": has " + found.size() + " safetensors files, but neither "
                    + SINGLE + " nor " + INDEX);
        }
        return found.getFirst();
    }

    private static List<Path> list(Path directory) {
        List<Path> found = new ArrayList<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory, "*" + SUFFIX)) {
            entries.forEach(found::add);
        } catch (IOException e) {
            throw new CheckpointException(directory + ": cannot be listed: " + e.getMessage(), e);
        }
        return found;
    }
}
