package dev.herd.kernels.tornado;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Sources of kernels on disk, and what the driver's compiler makes of them, in one directory per origin: what they were made of
 * and for. An entry names its kernel and the hash of what it holds in its first line, so that a damaged one is recognised.
 */
final class KernelCache {
    private static final String COMMENT = "// ";
    private static final String IMAGE = ".image";
    private static final int NAME_BYTES = 12;

    private final Path directory;
    private final String suffix;
    private final Consumer<String> log;
    private boolean hasComplained; // of entries that are there
    private boolean hasComplainedOfWriting;
    private @Nullable Path substitute; // for what cannot be written

    private KernelCache(Path directory, String suffix, Consumer<String> log) {
        this.directory = directory;
        this.suffix = suffix;
        this.log = log;
    }

    /**
     * The cache in {@code root}, made if there is none.
     *
     * @param origin everything that decides what a kernel compiles to, apart from itself
     * @param suffix of source files, such as {@code .cl}
     */
    static KernelCache open(Path root, List<String> origin, String suffix, Consumer<String> log) {
        Path directory = root.resolve(hash(String.join("\n", origin)));
        try {
            if (!Files.isDirectory(directory) && hasEntries(root)) {
                log.accept("the kernels in " + root + " were compiled by another version or for another device ("
                        + String.join(", ", origin) + " is needed) and are ignored");
            }
            Files.createDirectories(directory);
            return new KernelCache(directory, suffix, log);
        } catch (IOException | SecurityException unusable) {
            log.accept("the kernel cache " + root + " cannot be used: " + unusable);
            return temporary(suffix, log);
        }
    }

    /** A cache that ends with the process. */
    static KernelCache temporary(String suffix, Consumer<String> log) {
        try {
            return new KernelCache(temporaryDirectory(), suffix, log);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Path temporaryDirectory() throws IOException {
        Path directory = Files.createTempDirectory("herd-kernels");
        Runtime.getRuntime().addShutdownHook(new Thread(() -> delete(directory), "herd-kernels-cleanup"));
        return directory;
    }

    private static boolean hasEntries(Path root) throws IOException {
        if (!Files.isDirectory(root)) {
            return false;
        }
        try (Stream<Path> entries = Files.list(root)) {
            return entries.anyMatch(Files::isDirectory);
        }
    }

    /** The source of a kernel, if it is there and undamaged. */
    Optional<Path> find(String key) {
        Path file = file(key);
        if (!Files.isRegularFile(file)) {
            return Optional.empty();
        }
        try {
            String text = Files.readString(file);
            int end = text.indexOf('\n');
            if (end > 0 && text.substring(0, end).equals(headline(key, text.substring(end + 1)))) {
                return Optional.of(file);
            }
            complain(file + " is damaged");
        } catch (IOException unreadable) {
            complain(file + " cannot be read: " + unreadable);
        }
        return Optional.empty();
    }

    /**
     * What a driver's compiler made of a kernel's source, if it is there and undamaged.
     *
     * @param source the kernel's, from {@link #find} or {@link #keep}
     * @param compiler name and version
     */
    Optional<byte[]> findImage(String key, Path source, String compiler) {
        Path file = imageFile(source);
        if (!Files.isRegularFile(file)) {
            return Optional.empty();
        }
        try {
            byte[] all = Files.readAllBytes(file);
            int end = 0;
            while (end < all.length && all[end] != '\n') {
                end++;
            }
            byte[] image = Arrays.copyOfRange(all, Math.min(end + 1, all.length), all.length);
            if (Arrays.equals(imageHead(key, source, compiler, image), Arrays.copyOf(all, end + 1))) {
                return Optional.of(image);
            }
            complain(file + " is damaged, or of another compiler than " + compiler);
        } catch (IOException unreadable) {
            complain(file + " cannot be read: " + unreadable);
        }
        return Optional.empty();
    }

    /** Keeps what {@link #findImage} finds; what cannot be written is not kept. */
    void keepImage(String key, Path source, String compiler, byte[] image) {
        try {
            byte[] head = imageHead(key, source, compiler, image);
            byte[] all = Arrays.copyOf(head, head.length + image.length);
            System.arraycopy(image, 0, all, head.length, image.length);
            write(source.resolveSibling(""), imageFile(source), all);
        } catch (IOException unwritable) {
            complainOfWriting(unwritable);
        }
    }

    private static Path imageFile(Path source) {
        return source.resolveSibling(source.getFileName() + IMAGE);
    }

    private static byte[] imageHead(String key, Path source, String compiler, byte[] image) throws IOException {
        String head =
                COMMENT + key + "; " + compiler + "; " + hash(Files.readAllBytes(source)) + " " + hash(image) + "\n";
        return head.getBytes(StandardCharsets.UTF_8);
    }

    /** Says once that something was wrong with an entry, which is compiled again. */
    synchronized void complain(String what) {
        if (!hasComplained) {
            hasComplained = true;
            log.accept("the kernel cache " + directory + " is not whole and what lacks is compiled again: " + what);
        }
    }

    /** Keeps the source of a kernel, for this process only if it cannot be written; others see all of it or nothing. */
    Path keep(String key, String source) {
        String text = headline(key, source) + "\n" + source;
        try {
            return write(directory, file(key), text.getBytes(StandardCharsets.UTF_8));
        } catch (IOException unwritable) {
            complainOfWriting(unwritable);
            return keepForThisProcess(file(key).getFileName(), text);
        }
    }

    private synchronized void complainOfWriting(IOException unwritable) {
        if (!hasComplainedOfWriting) {
            hasComplainedOfWriting = true;
            log.accept("kernels cannot be written to " + directory + " and are not kept: " + unwritable);
        }
    }

    private static Path write(Path directory, Path file, byte[] content) throws IOException {
        Path part = Files.createTempFile(directory, "part", "");
        try {
            Files.write(part, content);
            return Files.move(part, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException failure) {
            Files.deleteIfExists(part);
            throw failure;
        }
    }

    private Path keepForThisProcess(Path name, String text) {
        try {
            if (substitute == null) {
                substitute = temporaryDirectory();
            }
            return write(substitute, substitute.resolve(name), text.getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Path file(String key) {
        String name = key.substring(0, key.contains(" ") ? key.indexOf(' ') : key.length());
        return directory.resolve(name + "-" + hash(key) + suffix);
    }

    private static String headline(String key, String source) {
        return COMMENT + key + "; " + hash(source);
    }

    /** A short name for a text; equal texts have equal names. */
    static String hash(String text) {
        return hash(text.getBytes(StandardCharsets.UTF_8));
    }

    private static String hash(byte[] bytes) {
        return HexFormat.of().formatHex(sha256().digest(bytes), 0, NAME_BYTES);
    }

    /** The hash of all kernels' bytecode: what they compile to depends on all that they call. */
    static String bytecodeHash(List<Class<?>> classes) {
        MessageDigest digest = sha256();
        for (Class<?> type : classes) {
            String name = type.getName().substring(type.getPackageName().length() + 1) + ".class";
            try (var stream = type.getResourceAsStream(name)) {
                if (stream == null) {
                    throw new IllegalStateException("the bytecode of " + type.getName() + " cannot be found");
                }
                digest.update(stream.readAllBytes());
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return HexFormat.of().formatHex(digest.digest(), 0, NAME_BYTES);
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    private static void delete(Path directory) {
        try (Stream<Path> files = Files.list(directory)) {
            for (Path file : files.toList()) {
                Files.deleteIfExists(file);
            }
            Files.deleteIfExists(directory);
        } catch (IOException ignored) {
            // It lies among the temporary files.
        }
    }
}
