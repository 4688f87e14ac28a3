package dev.herd.weights;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/**
 * The files of a split GGUF checkpoint, {@code NAME-00001-of-0000N.gguf} and so on: the names are derived from one of
 * them, so that no file can send the reader anywhere else.
 *
 * @param prefix the name before {@code -00001-of-}
 * @param number of the file that was asked for, from 1
 */
record GgufShards(Path directory, String prefix, int number, int count) {
    private static final Pattern NAME = Pattern.compile("(?<prefix>.*)-(?<number>\\d{5})-of-(?<count>\\d{5})\\.gguf");

    /** What {@code file}'s name says about the set that it belongs to; empty if it says nothing. */
    static Optional<GgufShards> of(Path file) {
        Path name = file.getFileName();
        Matcher matcher = NAME.matcher(name == null ? "" : name.toString());
        if (!matcher.matches()) {
            return Optional.empty();
        }
        Path parent = file.toAbsolutePath().getParent();
        int number = Integer.parseInt(matcher.group("number"));
        int count = Integer.parseInt(matcher.group("count"));
        if (parent == null || number < 1 || number > count) {
            throw new CheckpointException(file + ": is named shard " + number + " of " + count);
        }
        Path directory = file.getParent() == null ? Path.of("") : file.getParent();
        return Optional.of(new GgufShards(directory, matcher.group("prefix"), number, count));
    }

    /** All files in order; a missing one is named. */
    List<Path> files() {
        return IntStream.rangeClosed(1, count).mapToObj(this::existing).toList();
    }

    private Path existing(int shard) {
        Path file = directory.resolve(String.format(Locale.ROOT, "%s-%05d-of-%05d.gguf", prefix, shard, count));
        if (!Files.isRegularFile(file)) {
            throw new CheckpointException(file + ": is missing; the checkpoint has " + count + " files");
        }
        return file;
    }

    /** Refuses a shard whose metadata does not say what its name says, such as a copy of another one. */
    static void requirePlace(GgufReader.Contents contents, int shard, int count) {
        GgufMetadata metadata = contents.metadata();
        int statedCount = metadata.requireWhole(GgufKeys.SPLIT_COUNT, 0, 0xFFFF);
        int statedNumber = metadata.requireWhole(GgufKeys.SPLIT_NO, 0, 0xFFFF);
        if (statedCount != count) {
            throw metadata.error(GgufKeys.SPLIT_COUNT, "is " + statedCount + ", but the name says " + count);
        }
        if (statedNumber != shard) {
            throw metadata.error(
                    GgufKeys.SPLIT_NO, "is " + statedNumber + ", but the name says " + shard + " (counted from 0)");
        }
    }

    /** Refuses a single file that says that it is one of several. */
    static void requireWhole(GgufReader.Contents contents) {
        GgufMetadata metadata = contents.metadata();
        int count = metadata.whole(GgufKeys.SPLIT_COUNT, 0, 0xFFFF).orElse(1);
        if (count > 1) {
            throw metadata.error(
                    GgufKeys.SPLIT_COUNT,
                    "is " + count + ", but the file is not named NAME-00001-of-"
                            + String.format(Locale.ROOT, "%05d", count)
                            + ".gguf, so the others cannot be found");
        }
    }

    /** Refuses a set that has lost or gained tensors. */
    static void requireTensors(GgufReader.Contents first, int found) {
        int stated = first.metadata()
                .whole(GgufKeys.SPLIT_TENSORS, 0, Integer.MAX_VALUE)
                .orElse(found);
        if (stated != found) {
            throw first.metadata().error(GgufKeys.SPLIT_TENSORS, "is " + stated + ", but the files hold " + found);
        }
    }
}
