package dev.herd.weights;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.function.Function;

/** Opens checkpoint files: maps the large ones, reads the small ones, in the words of {@link CheckpointException}. */
final class MappedFile {
    private MappedFile() {}

    /** What {@code opener} makes of a new arena. The checkpoint owns and closes it; if there is none, it is closed here. */
    @SuppressWarnings("MustBeClosedChecker")
    static <T> T open(Function<Arena, T> opener) {
        Arena arena = Arena.ofShared();
        try {
            return opener.apply(arena);
        } catch (RuntimeException | Error e) {
            arena.close();
            throw e;
        }
    }

    /** The whole file as read-only memory that lives as long as {@code arena}; nothing is read yet. */
    static MemorySegment map(Path file, Arena arena) {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            return channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
        } catch (IOException | UnsupportedOperationException e) {
            throw new CheckpointException(file + ": cannot be mapped into memory: " + e.getMessage(), e);
        }
    }

    /** The bytes of a small file. */
    static byte[] read(Path file, long maxBytes) {
        try {
            long size = Files.size(file);
            if (size > maxBytes) {
                throw new CheckpointException(
                        file + ": has " + size + " bytes, more than the " + maxBytes + " that such a file may have");
            }
            return Files.readAllBytes(file);
        } catch (IOException e) {
            throw new CheckpointException(file + ": cannot be read: " + e.getMessage(), e);
        }
    }
}
