package dev.herd.tenant;

import dev.herd.tenant.StoreException.Reason;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * Documents as files below a directory, which people may edit, too. Writers of several processes take turns by a lock on
 * the file {@code .lock}.
 */
final class FileStore implements DocumentStore {
    private static final String SUFFIX = ".json";
    private static final String AUDIT = "audit";

    private final Path root;
    private final FileChannel lockFile;
    private final AuditLog auditLog;
    private final Map<String, Stamp> known = new HashMap<>();

    /** What changes whenever a file does. */
    private record Stamp(long modifiedNanos, long size, String fileKey) {
        static Stamp of(BasicFileAttributes file) {
            return new Stamp(
                    file.lastModifiedTime().to(java.util.concurrent.TimeUnit.NANOSECONDS),
                    file.size(),
                    String.valueOf(file.fileKey()));
        }
    }

    private FileStore(Path root, FileChannel lockFile, InstantSource clock) {
        this.root = root;
        this.lockFile = lockFile;
        this.auditLog = new FileAuditLog(root.resolve(AUDIT), clock);
    }

    /** The store in {@code root}, which is created if it is not there. */
    static FileStore open(Path root, InstantSource clock) {
        try {
            DurableFiles.createDirectories(root.toAbsolutePath());
            FileChannel lockFile =
                    FileChannel.open(root.resolve(".lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            return new FileStore(root, lockFile, clock);
        } catch (IOException failure) {
            throw new StoreException("the store " + root + " cannot be opened: " + failure, failure);
        }
    }

    @Override
    public Map<String, Optional<String>> changes() {
        try {
            Map<String, Stamp> present = scan();
            Map<String, Optional<String>> changes = new HashMap<>();
            for (Map.Entry<String, Stamp> file : present.entrySet()) {
                if (!file.getValue().equals(known.get(file.getKey()))) {
                    changes.put(file.getKey(), readIfPossible(file.getKey()));
                }
            }
            for (String path : known.keySet()) {
                if (!present.containsKey(path)) {
                    changes.put(path, Optional.empty());
                }
            }
            known.clear();
            known.putAll(present);
            return changes;
        } catch (IOException failure) {
            throw new StoreException("the store " + root + " cannot be read: " + failure, failure);
        }
    }

    private Map<String, Stamp> scan() throws IOException {
        Map<String, Stamp> files = new HashMap<>();
        Files.walkFileTree(root, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes) {
                return directory.equals(root.resolve(AUDIT)) ? FileVisitResult.SKIP_SUBTREE : FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                String name = Objects.requireNonNull(file.getFileName()).toString();
                if (name.endsWith(SUFFIX) && !name.startsWith(".")) {
                    files.put(root.relativize(file).toString().replace('\\', '/'), Stamp.of(attributes));
                }
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path file, IOException failure) throws IOException {
                if (failure instanceof NoSuchFileException) {
                    return FileVisitResult.CONTINUE; // it went while we looked
                }
                throw failure;
            }
        });
        return files;
    }

    private Optional<String> read(String path) throws IOException {
        try {
            return Optional.of(Files.readString(root.resolve(path)));
        } catch (NoSuchFileException gone) {
            return Optional.empty();
        }
    }

    /** A file that cannot be read counts as an empty one, so that it is complained about and hides no other change. */
    private Optional<String> readIfPossible(String path) {
        try {
            return read(path);
        } catch (IOException unreadable) {
            return Optional.of("");
        }
    }

    @Override
    public void write(String path, Expected expected, Optional<String> text) {
        synchronized (DurableFiles.TURN) {
            try (FileLock turn = lockFile.lock()) {
                requireValid(turn);
                Optional<String> before = read(path);
                if (!expected.isMetBy(before.map(Documents::etag))) {
                    throw new StoreException(Reason.STALE, path + " has changed meanwhile");
                }
                if (text.isPresent()) {
                    DurableFiles.replace(root.resolve(path), text.get());
                } else {
                    DurableFiles.delete(root.resolve(path));
                }
            } catch (IOException failure) {
                throw new StoreException(path + " cannot be written: " + failure, failure);
            }
        }
    }

    private static void requireValid(FileLock turn) throws IOException {
        if (!turn.isValid()) {
            throw new IOException("the lock was lost");
        }
    }

    @Override
    public AuditLog auditLog() {
        return auditLog;
    }

    @Override
    public String description() {
        return "files in " + root;
    }

    @Override
    public void close() {
        try {
            lockFile.close();
        } catch (IOException failure) {
            throw new StoreException("the store " + root + " cannot be closed: " + failure, failure);
        }
    }
}
