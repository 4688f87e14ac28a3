package dev.herd.kernels.tornado;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import uk.ac.manchester.tornado.api.KernelContext;

/** What is kept comes back, what is damaged or another's is compiled again and said once, and nothing else is lost. */
final class KernelCacheTest {
    private static final List<String> ORIGIN = List.of("tornado-5", "bytecode", "OPENCL", "device", "driver");
    private static final String KEY = "MatVec.matVec 3 4096 5120 0";
    private static final String OTHER_KEY = "Norms.rmsNorm 1.0E-5 5120 0";
    private static final String SOURCE = "__kernel void matVec()\n{\n  // groß\n}\n";
    private static final String OTHER_SOURCE = "__kernel void rmsNorm() {}\n";

    @TempDir
    private Path root;

    private final List<String> log = new ArrayList<>();

    private KernelCache open() {
        return open(ORIGIN);
    }

    private KernelCache open(List<String> origin) {
        return KernelCache.open(root, origin, ".cl", log::add);
    }

    /** A cache in which two kernels have been kept; returns the file of the first. */
    private Path filled() {
        KernelCache cache = open();
        cache.keep(OTHER_KEY, OTHER_SOURCE);
        return cache.keep(KEY, SOURCE);
    }

    /** A kernel that the key of the cache does not know would be taken from a cache of its past. */
    @Test
    void theCacheIsOfAllClassesThatKernelsConsistOf() throws Exception {
        Path classes = Path.of(TornadoDevices.class
                        .getProtectionDomain()
                        .getCodeSource()
                        .getLocation()
                        .toURI())
                .resolve("dev/herd/kernels/tornado");
        List<Class<?>> missing = new ArrayList<>();
        try (Stream<Path> files = Files.list(classes)) {
            for (Path file : files.toList()) {
                String name = file.getFileName().toString().replace(".class", "");
                if (!name.equals("package-info")) {
                    Class<?> type = Class.forName("dev.herd.kernels.tornado." + name);
                    boolean computes = Arrays.stream(type.getDeclaredMethods())
                            .filter(method -> !method.isSynthetic())
                            .anyMatch(method ->
                                    Arrays.asList(method.getParameterTypes()).contains(KernelContext.class));
                    if (computes && !TornadoDevices.KERNELS.contains(type)) {
                        missing.add(type);
                    }
                }
            }
        }

        assertThat(missing).isEmpty();
    }

    @Test
    void whatIsKeptIsThereAtTheNextStart() throws IOException {
        Path file = filled();

        assertThat(open().find(KEY)).contains(file);
        assertThat(Files.readString(file)).endsWith(SOURCE);
        assertThat(open().find("MatVec.matVec 3 4096 5120 1")).isEmpty();
        assertThat(log).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 40, 90})
    void aTruncatedEntryIsIgnoredWithOneLine(int bytes) throws IOException {
        Path file = filled();
        byte[] all = Files.readAllBytes(file);
        assertThat(all.length).isGreaterThan(90);
        Files.write(file, Arrays.copyOf(all, bytes));

        assertOnlyTheOtherIsFound();
    }

    @Test
    void aGarbledEntryIsIgnoredWithOneLine() throws IOException {
        Path file = filled();
        byte[] all = Files.readAllBytes(file);
        all[all.length - 3] ^= 1;
        Files.write(file, all);

        assertOnlyTheOtherIsFound();
    }

    @Test
    void anEntryThatIsNoTextIsIgnoredWithOneLine() throws IOException {
        Files.write(filled(), new byte[] {(byte) 0xC3, 0x28, '\n', 0, (byte) 0xFF});

        assertOnlyTheOtherIsFound();
    }

    @Test
    void theSourceOfAnotherKernelIsIgnoredWithOneLine() throws IOException {
        Path file = filled();
        Files.write(file, Files.readAllBytes(open().find(OTHER_KEY).orElseThrow()));

        assertOnlyTheOtherIsFound();
    }

    private void assertOnlyTheOtherIsFound() {
        KernelCache cache = open();

        assertThat(cache.find(KEY)).isEmpty();
        assertThat(cache.find(KEY)).isEmpty();
        assertThat(cache.find(OTHER_KEY)).isPresent();
        assertThat(log).singleElement().asString().contains("is not whole", "matVec");

        cache.keep(KEY, SOURCE);

        assertThat(open().find(KEY)).isPresent();
        assertThat(log).hasSize(1);
    }

    @Test
    void kernelsOfAnotherDriverAreIgnoredWithOneLineAndStay() {
        filled();
        List<String> newer = List.of("tornado-5", "bytecode", "OPENCL", "device", "newer driver");

        KernelCache cache = open(newer);

        assertThat(cache.find(KEY)).isEmpty();
        assertThat(log).singleElement().asString().contains("another version or for another device", "newer driver");

        cache.keep(KEY, SOURCE);

        assertThat(open(newer).find(KEY)).isPresent();
        assertThat(open().find(KEY)).isPresent();
        assertThat(log).hasSize(1);
    }

    /** A full disk, or a directory that others may not write; the kernel is still there for this process. */
    @Test
    void anEntryThatCannotBeWrittenIsSaidOnceAndUsed() throws IOException {
        Path file = filled();
        Files.delete(file);
        Files.createDirectories(file.resolve("in the way"));
        KernelCache cache = open();

        Path kept = cache.keep(KEY, SOURCE);
        cache.keep(KEY, SOURCE);

        assertThat(Files.readString(kept)).endsWith(SOURCE);
        assertThat(cache.find(OTHER_KEY)).isPresent();
        assertThat(log).singleElement().asString().contains("cannot be written");
        try (Stream<Path> files = Files.list(file.getParent())) {
            assertThat(files).as("no half-written file is left").hasSize(2);
        }
    }

    /** The one does not say the other: that it is damaged, and that it stays so. */
    @Test
    void aDamagedEntryThatCannotBeReplacedIsSaidInTwoLines() throws IOException {
        Path file = filled();
        Path other = open().find(OTHER_KEY).orElseThrow();
        Files.writeString(file, "damaged");
        Files.delete(other);
        Files.createDirectories(other.resolve("in the way"));
        KernelCache cache = open();

        for (int twice = 0; twice < 2; twice++) {
            assertThat(cache.find(KEY)).isEmpty();
            cache.keep(OTHER_KEY, OTHER_SOURCE);
        }

        assertThat(log)
                .satisfiesExactly(
                        line -> assertThat(line).contains("is not whole", "is damaged"),
                        line -> assertThat(line).contains("cannot be written"));
    }

    @Test
    void aCacheThatIsNoDirectoryIsSaidOnceAndDoneWithout() throws IOException {
        Path occupied = Files.writeString(root.resolve("file"), "mine");

        KernelCache cache = KernelCache.open(occupied, ORIGIN, ".cl", log::add);
        Path kept = cache.keep(KEY, SOURCE);

        assertThat(cache.find(KEY)).contains(kept);
        assertThat(log).singleElement().asString().contains("cannot be used", occupied.toString());
        assertThat(occupied).hasContent("mine");
    }
}
