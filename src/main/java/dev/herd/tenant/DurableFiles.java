package dev.herd.tenant;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
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

    /** Creates directories that only the owner may read, each of them for good. */
    static void createDirectories(Path directory) throws IOException {
        if (Files.isDirectory(directory)) {
            return;
        }
        createDirectories(directoryOf(directory));
        try {
            if (isPosix(directory)) {
                Files.createDirectory(
                        directory, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            } else {
                Files.createDirectory(directory);
            }
        } catch (FileAlreadyExistsException another) {
            if (!Files.isDirectory(directory)) {
                throw another;
            }
        }
        force(directoryOf(directory));
    }

    /**
     * Creates a file that only the owner may read, as a whole or not at all.
     *
     * @throws FileAlreadyExistsException if it exists
     */
    static void createSecret(Path file, String text) throws IOException {
        createDirectories(directoryOf(file));
        Path temporary = Files.createTempFile(directoryOf(file), TEMPORARY, ""); // only the owner may read these
        try {
            try (FileChannel channel = FileChannel.open(temporary, StandardOpenOption.WRITE)) {
                write(channel, text);
                channel.force(true);
            }
            Files.createLink(file, temporary); // a rename would replace what another server has made meanwhile
        } catch (UnsupportedOperationException noLinks) {
            Files.move(temporary, file);
        } finally {
            Files.deleteIfExists(temporary);
        }
        force(directoryOf(file));
    }

    /** Appends to a file, all or nothing as far as anybody can tell who looks at whole lines only. */
    static void append(Path file, String lines) throws IOException {
        boolean isNew = !Files.exists(file);
        try (FileChannel channel = isNew ? create(file) : FileChannel.open(file, StandardOpenOption.WRITE)) {
            long before = channel.size();
            channel.position(before);
            try {
                write(channel, lines);
                channel.force(false);
            } catch (IOException failure) {
                channel.truncate(before); // so that trying again does not write anything twice
                throw failure;
            }
        }
        if (isNew) {
            force(directoryOf(file));
        }
    }

    private static FileChannel create(Path file) throws IOException {
        Set<StandardOpenOption> options = Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        return isPosix(file)
                ? FileChannel.open(
                        file,
                        options,
                        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")))
                : FileChannel.open(file, options);
    }

    private static boolean isPosix(Path file) {
        return file.getFileSystem().supportedFileAttributeViews().contains("posix");
    }

    /** Writes all of a text where the channel stands. */
    private static void write(FileChannel channel, String text) throws IOException {
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
