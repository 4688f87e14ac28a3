package dev.herd.weights;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class SafetensorsDirectoryTest {
    private static final String INDEX = "model.safetensors.index.json";

    @TempDir
    Path temporary;

    @Test
    void readsTheShardsThatTheIndexNames() {
        writeShard("one.safetensors", "a", "b");
        writeShard("two.safetensors", "c");
        writeShard("unnamed.safetensors", "d");
        writeIndex("{\"metadata\":{\"total_size\":12},\"weight_map\":{"
                + "\"a\":\"one.safetensors\",\"b\":\"one.safetensors\",\"c\":\"two.safetensors\"}}");

        try (Arena arena = Arena.ofShared()) {
            SafetensorsDirectory directory = SafetensorsDirectory.open(temporary, arena);
            assertThat(directory.files())
                    .containsExactly(temporary.resolve("one.safetensors"), temporary.resolve("two.safetensors"));
            assertThat(directory.tensors().all()).extracting(StoredTensor::name).containsExactly("a", "b", "c");
        }
    }

    @Test
    void prefersModelSafetensorsAndAcceptsAnOnlyFileOfAnyName() {
        writeShard("whatever.safetensors", "a");
        assertThat(firstTensor()).isEqualTo("a");

        writeShard("model.safetensors", "b");
        assertThat(firstTensor()).isEqualTo("b");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "../secret.safetensors",
                "sub/one.safetensors",
                "/etc/one.safetensors",
                "..\\\\one.safetensors",
                "C:one.safetensors",
                "one.bin",
                "",
                "model.safetensors.index.json"
            })
    void refusesAnIndexThatNamesAnythingButAFileBesideIt(String shard) {
        writeShard("one.safetensors", "a");
        writeIndex("{\"weight_map\":{\"victim\":\"" + shard + "\"}}");

        assertThat(refusal())
                .startsWith(temporary.resolve(INDEX) + ": tensor 'victim' is mapped to '")
                .endsWith("which is no plain name of a safetensors file");
    }

    static Stream<Arguments> indexes() {
        return Stream.of(
                Arguments.of("[]", "is no JSON object"),
                Arguments.of("{\"weight_map\":{", "is no valid JSON"),
                Arguments.of("{\"metadata\":" + "[".repeat(100_000), "is no valid JSON"),
                Arguments.of("{}", "has no weight_map that names tensors"),
                Arguments.of("{\"weight_map\":{}}", "has no weight_map that names tensors"),
                Arguments.of("{\"weight_map\":[1]}", "has a weight_map that is no JSON object"),
                Arguments.of("{\"weight_map\":{\"victim\":7}}", "tensor 'victim' is mapped to something"),
                Arguments.of(
                        "{\"weight_map\":{\"a\":\"gone.safetensors\"}}", "names gone.safetensors, which is missing"));
    }

    @ParameterizedTest
    @MethodSource("indexes")
    void refusesAnIndexThatIsNone(String json, String expected) {
        writeIndex(json);

        assertThat(refusal()).startsWith(temporary.resolve(INDEX) + ": ").contains(expected);
    }

    @Test
    void refusesAnIndexThatPromisesTensorsWhichAreNotThere() {
        writeShard("one.safetensors", "a");
        writeShard("two.safetensors", "b");
        writeIndex("{\"weight_map\":{\"a\":\"two.safetensors\",\"b\":\"one.safetensors\"}}");

        assertThat(refusal()).contains("tensor 'a' is missing, though model.safetensors.index.json says");
    }

    @Test
    void refusesATensorInTwoShards() {
        writeShard("one.safetensors", "a");
        writeShard("two.safetensors", "a", "b");
        writeIndex("{\"weight_map\":{\"a\":\"one.safetensors\",\"b\":\"two.safetensors\"}}");

        assertThat(refusal())
                .isEqualTo(temporary.resolve("two.safetensors") + ": tensor 'a' occurs in "
                        + temporary.resolve("one.safetensors") + " as well");
    }

    @Test
    void refusesAnIndexAsItsOwnShard() throws IOException {
        writeIndex("{\"weight_map\":{\"a\":\"loop.safetensors\"}}");
        Files.createSymbolicLink(temporary.resolve("loop.safetensors"), temporary.resolve(INDEX));
        assertThat(refusal()).contains("loop.safetensors: claims a header of ");

        Files.delete(temporary.resolve("loop.safetensors"));
        Files.createSymbolicLink(temporary.resolve("loop.safetensors"), temporary.resolve("loop.safetensors"));
        assertThat(refusal()).contains("names loop.safetensors, which is missing");
    }

    @Test
    void refusesShardsWithoutIndex() {
        writeShard("one.safetensors", "a");
        writeShard("two.safetensors", "b");

        assertThat(refusal())
                .isEqualTo(temporary
                        + ": has 2 safetensors files, but neither model.safetensors nor model.safetensors.index.json");
    }

    private String refusal() {
        return Allocations.refusal(() -> {
            try (Arena arena = Arena.ofShared()) {
                SafetensorsDirectory.open(temporary, arena);
            }
        });
    }

    private String firstTensor() {
        try (Arena arena = Arena.ofShared()) {
            return SafetensorsDirectory.open(temporary, arena)
                    .tensors()
                    .all()
                    .iterator()
                    .next()
                    .name();
        }
    }

    private void writeShard(String file, String... names) {
        ForgedSafetensors forged = new ForgedSafetensors();
        for (String name : names) {
            forged.floats(name, new float[] {1}, 1);
        }
        forged.writeTo(temporary.resolve(file));
    }

    private void writeIndex(String json) {
        try {
            Files.writeString(temporary.resolve(INDEX), json);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
