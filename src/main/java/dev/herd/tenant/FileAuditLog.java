package dev.herd.tenant;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.InstantSource;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A file {@code <tenant>/<day>.jsonl} for each day (UTC), and {@code checkpoint.json} for what was deleted. A line that a
 * crash has cut off was never promised to anybody and is removed before the next is written.
 */
final class FileAuditLog implements AuditLog {
    private static final String SUFFIX = ".jsonl";
    private static final String CHECKPOINT = "checkpoint.json";

    private final Path root;
    private final InstantSource clock;

    FileAuditLog(Path root, InstantSource clock) {
        this.root = root;
        this.clock = clock;
    }

    @Override
    public void append(String tenant, List<ObjectNode> records) {
        inTurn(tenant, directory -> {
            AuditChain chain = end(directory);
            StringBuilder lines = new StringBuilder();
            for (ObjectNode record : records) {
                String line = chain.line(record);
                chain = chain.after(line);
                lines.append(line).append('\n');
            }
            DurableFiles.append(directory.resolve(today(directory) + SUFFIX), lines.toString());
        });
    }

    /** What is done with the files of a tenant while nobody else writes them. */
    private interface Work {
        void run(Path directory) throws IOException;
    }

    private void inTurn(String tenant, Work work) {
        Path directory = root.resolve(tenant);
        synchronized (DurableFiles.TURN) {
            try {
                DurableFiles.createDirectories(directory);
                try (FileChannel lockFile = FileChannel.open(
                                directory.resolve(".lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                        FileLock turn = lockFile.lock()) {
                    if (!turn.isValid()) {
                        throw new IOException("the lock was lost");
                    }
                    work.run(directory);
                }
            } catch (IOException failure) {
                throw new StoreException("the audit log of " + tenant + " cannot be written: " + failure, failure);
            }
        }
    }

    /** A clock that goes back does not open an earlier file: the order of the files is that of the chain. */
    private LocalDate today(Path directory) throws IOException {
        LocalDate today = LocalDate.ofInstant(clock.instant(), ZoneOffset.UTC);
        List<LocalDate> days = days(directory);
        return days.isEmpty() || !days.getLast().isAfter(today) ? today : days.getLast();
    }

    private static AuditChain end(Path directory) throws IOException {
        List<LocalDate> days = days(directory);
        for (LocalDate day : days.reversed()) {
            Optional<String> last = lastLine(directory.resolve(day + SUFFIX));
            if (last.isPresent()) {
                return AuditChain.endingWith(last.get());
            }
        }
        return checkpoint(directory);
    }

    private static AuditChain checkpoint(Path directory) throws IOException {
        Path file = directory.resolve(CHECKPOINT);
        return Files.exists(file) ? Documents.read(Files.readString(file), AuditChain.class) : AuditChain.START;
    }

    /** The last whole line; what follows it is cut off. */
    private static Optional<String> lastLine(Path path) throws IOException {
        try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
            long end = lastBreak(file, file.length());
            if (end + 1 < file.length()) {
                file.setLength(end + 1);
                file.getChannel().force(true);
            }
            if (end < 0) {
                return Optional.empty();
            }
            long start = lastBreak(file, end) + 1;
            byte[] line = new byte[Math.toIntExact(end - start)];
            file.seek(start);
            file.readFully(line);
            return Optional.of(new String(line, StandardCharsets.UTF_8));
        }
    }

    /** Where the last line break before {@code end} is; -1 if there is none. */
    private static long lastBreak(RandomAccessFile file, long end) throws IOException {
        byte[] piece = new byte[8192];
        long from = end;
        while (from > 0) {
            int size = (int) Math.min(piece.length, from);
            from -= size;
            file.seek(from);
            file.readFully(piece, 0, size);
            for (int i = size - 1; i >= 0; i--) {
                if (piece[i] == '\n') {
                    return from + i;
                }
            }
        }
        return -1;
    }

    private static List<LocalDate> days(Path directory) throws IOException {
        if (!Files.isDirectory(directory)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(directory)) {
            return files.map(file -> String.valueOf(file.getFileName()))
                    .filter(name -> name.matches("\\d{4}-\\d\\d-\\d\\d\\.jsonl"))
                    .map(name -> LocalDate.parse(name.substring(0, 10)))
                    .sorted()
                    .toList();
        }
    }

    @Override
    public void read(String tenant, long after, LineReader reader) {
        Path directory = root.resolve(tenant);
        AuditLines lines = new AuditLines(after, reader);
        try {
            List<LocalDate> days = days(directory);
            for (LocalDate day : days.subList(after == 0 ? 0 : first(directory, days, after), days.size())) {
                if (!lines.read(directory.resolve(day + SUFFIX))) {
                    return;
                }
            }
        } catch (IOException failure) {
            throw new StoreException("the audit log of " + tenant + " cannot be read: " + failure, failure);
        }
    }

    /** The day in which the record after {@code after} is: the last that does not begin behind it. */
    private static int first(Path directory, List<LocalDate> days, long after) throws IOException {
        for (int i = days.size() - 1; i > 0; i--) {
            long number = AuditLines.firstNumber(directory.resolve(days.get(i) + SUFFIX));
            if (number > 0 && number <= after + 1) {
                return i;
            }
        }
        return 0;
    }

    @Override
    public AuditChain.Verdict verify(String tenant) {
        try {
            AuditChain from = checkpoint(root.resolve(tenant));
            while (true) {
                AuditChain.Walk walk = new AuditChain.Walk(from);
                read(tenant, 0, walk);
                AuditChain now = checkpoint(root.resolve(tenant));
                if (walk.verdict().isWhole() || now.equals(from)) {
                    return walk.verdict();
                }
                from = now; // days were deleted while we looked
            }
        } catch (IOException failure) {
            throw new StoreException("the audit log of " + tenant + " cannot be read: " + failure, failure);
        }
    }

    @Override
    public void prune(String tenant, LocalDate first) {
        inTurn(tenant, directory -> {
            for (LocalDate day : days(directory)) {
                if (!day.isBefore(first)) {
                    return;
                }
                Path file = directory.resolve(day + SUFFIX);
                Optional<String> last = lastLine(file);
                if (last.isPresent()) {
                    DurableFiles.replace(
                            directory.resolve(CHECKPOINT), Documents.write(AuditChain.endingWith(last.get())));
                }
                DurableFiles.delete(file);
            }
        });
    }

    @Override
    public List<String> tenants() {
        if (!Files.isDirectory(root)) {
            return List.of();
        }
        try (Stream<Path> directories = Files.list(root)) {
            return directories
                    .map(directory -> String.valueOf(directory.getFileName()))
                    .toList();
        } catch (IOException failure) {
            throw new StoreException("the audit log cannot be read: " + failure, failure);
        }
    }
}
