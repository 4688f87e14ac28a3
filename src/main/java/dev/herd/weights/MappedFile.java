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
    /** So much of a file is made present beside the start; more would compete with the first tokens for the cores. */
    private static final long PRESENT_BYTES = 1L << 30;

    private static final long PIECE_BYTES = 16L << 20;

    private MappedFile() {}

    /** What {@code opener} makes of a new arena. The checkpoint owns and closes it; if there is none, it is closed here. */
    @SuppressWarnings("MustBeClosedChecker")
    static Checkpoint open(Function<Arena, Checkpoint> opener) {
        Arena arena = Arena.ofShared();
        try {
            return opener.apply(arena);
        } catch (RuntimeException | Error e) {
            arena.close();
            throw e;
        }
    }

    /**
     * The whole file as read-only memory that lives as long as {@code arena}. Its beginning is made present by a thread of
     * its own, since the first token would wait for the page faults, and a start has work for one core only.
     */
    static MemorySegment map(Path file, Arena arena) {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            MemorySegment mapping = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
            Thread.ofPlatform().daemon().name("herd-pages").start(() -> makePresent(mapping));
            return mapping;
        } catch (IOException | UnsupportedOperationException e) {
            throw new CheckpointException(file + ": cannot be mapped into memory: " + e.getMessage(), e);
        }
    }

    private static void makePresent(MemorySegment mapping) {
        long end = Math.min(mapping.byteSize(), PRESENT_BYTES);
        try {
            for (long from = 0; from < end; from += PIECE_BYTES) {
                mapping.asSlice(from, Math.min(PIECE_BYTES, end - from)).load();
            }
        } catch (IllegalStateException closed) {
            return; // the checkpoint, by its owner, who needs no pages any more
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
