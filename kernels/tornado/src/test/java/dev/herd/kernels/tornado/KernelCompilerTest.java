package dev.herd.kernels.tornado;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Kernels whose sources are known: the driver's compiler runs once for each, and at later starts for none. */
final class KernelCompilerTest {
    private static final List<String> ORIGIN = List.of("tornado-5", "bytecode", "CUDA", "device", "driver");
    private static final KernelCall ADD = add(4);
    private static final KernelCall LONG_ADD = add(8);

    @TempDir
    private Path root;

    private final List<String> log = new ArrayList<>();
    private final Scripted driver = new Scripted();

    private static KernelCall add(int length) {
        return new KernelCall(
                "Elements.add", List.of(length), (graph, id) -> {}, tokens -> Elements.grid(tokens, length));
    }

    /** Makes images that say of what they are. */
    private static final class Scripted implements DriverCompiler {
        private final Queue<String> compiled = new ConcurrentLinkedQueue<>();
        private final Queue<String> installed = new ConcurrentLinkedQueue<>();
        private final Set<String> refused = ConcurrentHashMap.newKeySet();
        private String version = "compiler 1";
        private boolean isBroken;

        @Override
        public String version() {
            return version;
        }

        @Override
        public byte[] compile(Path source) {
            if (isBroken) {
                throw new IllegalStateException("broken");
            }
            try {
                String image = version + "\n"
                        + Files.readString(source).lines().skip(1).toList();
                compiled.add(image);
                return image.getBytes(StandardCharsets.UTF_8);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        @Override
        public boolean install(long plan, String task, String method, byte[] image) {
            String text = new String(image, StandardCharsets.UTF_8);
            if (refused.remove(text)) {
                return false;
            }
            installed.add(plan + " " + task + " " + method + " " + text);
            return true;
        }
    }

    private KernelCache cache() {
        return KernelCache.open(root, ORIGIN, ".cu", log::add);
    }

    private KernelTally start(long plan) {
        KernelCompiler compiler = new KernelCompiler(cache(), root.resolve("unused"), Optional.of(driver));
        compiler.prepare(List.of(ADD, LONG_ADD, ADD));
        compiler.install(plan, Map.of("layer.k0n1", ADD, "layer.k1n1", LONG_ADD, "layer.k0n2", ADD));
        return compiler.tally();
    }

    @BeforeEach
    void keepSources() {
        cache().keep(ADD.key(), "the source of one");
        cache().keep(LONG_ADD.key(), "the source of another");
    }

    @Test
    void eachKernelIsCompiledOnceAndLaterStartsTakeItsImage() {
        start(7);

        assertThat(driver.compiled)
                .containsExactlyInAnyOrder("compiler 1\n[the source of one]", "compiler 1\n[the source of another]");
        assertThat(driver.installed)
                .containsExactlyInAnyOrder(
                        "7 layer.k0n1 add compiler 1\n[the source of one]",
                        "7 layer.k0n2 add compiler 1\n[the source of one]",
                        "7 layer.k1n1 add compiler 1\n[the source of another]");

        driver.installed.clear();
        start(8);

        assertThat(driver.compiled).hasSize(2);
        assertThat(driver.installed).hasSize(3).allMatch(task -> task.startsWith("8 "));
        assertThat(log).isEmpty();
    }

    /** A source from the cache that has still to be compiled is not all of a kernel. */
    @Test
    void whatTheDriversCompilerRanForDoesNotCountAsFromTheCache() {
        assertThat(start(1)).satisfies(tally -> {
            assertThat(tally.compiled()).isEqualTo(2);
            assertThat(tally.cached()).isZero();
        });
        assertThat(start(2)).satisfies(tally -> {
            assertThat(tally.compiled()).isZero();
            assertThat(tally.cached()).isEqualTo(2);
        });
    }

    @Test
    void whatAnotherModelHadCompiledIsNotASecondOnes() {
        KernelCompiler compiler = new KernelCompiler(cache(), root.resolve("unused"), Optional.of(driver));
        compiler.prepare(List.of(ADD));
        KernelTally first = compiler.tally();
        assertThat(first.text()).startsWith("1 kernels compiled, 0 from the cache, in ");
        new KernelCompiler(cache(), root.resolve("unused"), Optional.of(driver)).prepare(List.of(LONG_ADD));

        compiler.prepare(List.of(ADD, LONG_ADD));

        assertThat(compiler.tally().since(first).text()).startsWith("0 kernels compiled, 1 from the cache, in ");
    }

    @Test
    void imagesOfAnotherCompilerAreNotTaken() {
        start(1);
        driver.version = "compiler 2";

        assertThat(start(2).compiled()).isEqualTo(2);

        assertThat(driver.compiled).hasSize(4);
        assertThat(driver.installed)
                .filteredOn(task -> task.contains("compiler 2"))
                .hasSize(3);
        assertThat(log).singleElement().asString().contains("of another compiler than compiler 2");
    }

    @Test
    void aCompilerThatFailsOnceIsAskedAgain() {
        KernelCompiler compiler = new KernelCompiler(cache(), root.resolve("unused"), Optional.of(driver));
        driver.isBroken = true;
        assertThatThrownBy(() -> compiler.prepare(List.of(ADD))).hasMessageContaining("broken");
        driver.isBroken = false;

        compiler.prepare(List.of(ADD));
        compiler.install(1, Map.of("layer.k0n1", ADD));

        assertThat(driver.installed).hasSize(1);
    }

    @Test
    void aDamagedImageIsCompiledAgainAndSaidOnce() throws IOException {
        start(1);
        for (Path image : images()) {
            byte[] all = Files.readAllBytes(image);
            all[all.length - 2] ^= 1;
            Files.write(image, all);
        }

        start(2);

        assertThat(driver.compiled).hasSize(4);
        assertThat(log).singleElement().asString().contains("is damaged");

        start(3);

        assertThat(driver.compiled).hasSize(4);
    }

    @Test
    void anImageOfAnotherSourceIsNotTaken() {
        start(1);
        cache().keep(ADD.key(), "a newer source");

        start(2);

        assertThat(driver.compiled).hasSize(3).contains("compiler 1\n[a newer source]");
        assertThat(driver.installed).filteredOn(task -> task.contains("newer")).hasSize(2);
    }

    @Test
    void anImageThatTheDriverRefusesIsMadeAgain() {
        start(1);
        driver.refused.add("compiler 1\n[the source of another]");

        start(2);

        assertThat(driver.compiled).hasSize(3);
        assertThat(driver.installed).hasSize(6);
        assertThat(log).singleElement().asString().contains("does not take the image of " + LONG_ADD.key());
    }

    @Test
    void imagesThatCannotBeWrittenAreUsedAllTheSame() throws IOException {
        Path source = cache().find(ADD.key()).orElseThrow();
        Files.createDirectories(
                source.resolveSibling(source.getFileName() + ".image").resolve("in the way"));

        start(1);

        assertThat(driver.installed).hasSize(3);
        assertThat(log).singleElement().asString().contains("cannot be written");
    }

    @Test
    void aKernelThatWasNotPreparedIsNamed() {
        KernelCompiler compiler = new KernelCompiler(cache(), root.resolve("unused"), Optional.of(driver));

        assertThatThrownBy(() -> compiler.install(1, Map.of("layer.k0n1", ADD)))
                .hasMessageContaining(ADD.key())
                .hasMessageContaining("was not prepared");
    }

    private List<Path> images() throws IOException {
        try (Stream<Path> files = Files.walk(root)) {
            return files.filter(file -> file.toString().endsWith(".image")).toList();
        }
    }
}
