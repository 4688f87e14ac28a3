package dev.herd.tenant;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Objects;
import java.util.Set;

/** Files that are there as a whole or not at all, also after a crash. */
final class DurableFiles {
    /** Begins the names of files that are being written, and that nobody reads. */
    static final String TEMPORARY = ".new-";

    /** Whose turn it is in this process; locks on files only tell processes apart. */
    static final Object TURN = new Object();

    private DurableFiles() {}

    /** Replaces a file: a new one is written beside it, forced to the disk, and takes its name. */
    static void replace(Path file, String text) throws IOException {
        createDirectories(directoryOf(file));
        Path temporary = Files.createTempFile(directoryOf(file), TEMPORARY, "");
        try {
            try (FileChannel channel = FileChannel.open(temporary, StandardOpenOption.WRITE)) {
                write(channel, text);
                channel.force(true);
            }
            Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
        } finally {
            Files.deleteIfExists(temporary);
        }
        force(directoryOf(file));
    }

    /** Deletes a file for good. */
    static void delete(Path file) throws IOException {
        if (Files.deleteIfExists(file)) {
            force(directoryOf(file));
        }
    }

    /** Creates directories that only the owner may read. */
    static void createDirectories(Path directory) throws IOException {
        if (Files.isDirectory(directory)) {
            return;
        }
        if (directory.getFileSystem().supportedFileAttributeViews().contains("posix")) {
            Files.createDirectories(
                    directory, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        } else {
            Files.createDirectories(directory);
        }
        force(directoryOf(directory));
    }

    /** Creates a file that only the owner may read; fails if it exists. */
    static void createSecret(Path file, String text) throws IOException {
        createDirectories(directoryOf(file));
        Set<StandardOpenOption> options = Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
        boolean isPosix = file.getFileSystem().supportedFileAttributeViews().contains("posix");
        try (FileChannel channel = isPosix
                ? FileChannel.open(
                        file,
                        options,
                        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")))
                : FileChannel.open(file, options)) {
            write(channel, text);
            channel.force(true);
        }
        force(directoryOf(file));
    }

    /** Writes all of a text where the channel stands. */
    static void write(FileChannel channel, String text) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }

    private static Path directoryOf(Path file) {
        return Objects.requireNonNullElse(file.toAbsolutePath().getParent(), file.toAbsolutePath());
    }

    private static void force(Path directory) throws IOException {
        try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }
}
