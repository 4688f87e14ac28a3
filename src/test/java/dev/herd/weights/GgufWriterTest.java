package dev.herd.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.herd.kernels.TensorType;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GgufWriterTest {
    @TempDir
    Path temporary;

    @Test
    void writesExactlyTheBytesOfTheFormat() throws IOException {
        ForgedGguf expected = new ForgedGguf()
                .entry("text", 8, "naïve")
                .entry("u16", 2, (short) 7)
                .entry("u32", 4, 8)
                .entry("i32", 5, -9)
                .entry("f32", 6, 0.5f)
                .entry("flag", 7, true)
                .entry("texts", 9, 8, 2L, "a", "")
                .entry("ints", 9, 5, 2L, -1, 2)
                .tensor("small", 24, 0, 3)
                .tensor("large", 0, 32, 2, 4)
                .data(LittleEndian.bytes((byte) 1, (byte) 2, (byte) 3, new byte[29], 1f, 2f, 3f, 4f, 5f, 6f, 7f, 8f));
        GgufWriter writer = new GgufWriter()
                .text("text", "naïve")
                .uint16("u16", 7)
                .uint32("u32", 8)
                .int32("i32", -9)
                .float32("f32", 0.5f)
                .flag("flag", true)
                .texts("texts", List.of("a", ""))
                .int32s("ints", -1, 2)
                .tensor(
                        "small",
                        TensorType.I8,
                        List.of(3L),
                        sink -> sink.write(MemorySegment.ofArray(new byte[] {1, 2, 3})))
                .tensor("large", TensorType.F32, List.of(2L, 4L), sink -> {
                    sink.write(MemorySegment.ofArray(new float[] {1, 2, 3}));
                    sink.write(MemorySegment.ofArray(new float[] {4, 5, 6, 7, 8}));
                });

        Path file = temporary.resolve("written.gguf");
        writer.writeTo(file);

        assertThat(Files.readAllBytes(file)).isEqualTo(expected.bytes());
        try (Arena arena = Arena.ofConfined()) {
            assertThat(writer.writeTo(arena).toArray(ValueLayout.JAVA_BYTE)).isEqualTo(expected.bytes());
        }
        assertOnly(file);
    }

    @Test
    void keepsTheOldFileWhenContentFails() throws IOException {
        Path file = Files.writeString(temporary.resolve("kept.gguf"), "old");
        GgufWriter writer = new GgufWriter()
                .tensor("t", TensorType.F32, List.of(2L), sink -> sink.write(MemorySegment.ofArray(new float[3])));

        assertThatThrownBy(() -> writer.writeTo(file))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("tensor t was written with 12 bytes instead of 8");
        assertThat(file).hasContent("old");
        assertOnly(file);
    }

    @Test
    void refusesNamesThatAreTakenAndTypesThatGgufLacks() {
        GgufWriter writer = new GgufWriter().flag("k", true).tensor("t", TensorType.I8, List.of(0L), sink -> {});

        assertThatThrownBy(() -> writer.uint32("k", 1)).hasMessage("metadata key k is there already");
        assertThatThrownBy(() -> writer.tensor("t", TensorType.I8, List.of(0L), sink -> {}))
                .hasMessage("tensor t is there already");
        assertThatThrownBy(() -> writer.tensor("f", TensorType.F8_E4M3, List.of(0L), sink -> {}))
                .hasMessage("GGUF has no type F8_E4M3 for tensor f");
    }

    @Test
    void saysWhichFileCannotBeWritten() {
        Path file = temporary.resolve("no-such-directory").resolve("x.gguf");

        assertThatThrownBy(() -> new GgufWriter().writeTo(file))
                .isInstanceOf(CheckpointException.class)
                .hasMessageStartingWith(file + ": cannot be written: ");
    }

    private void assertOnly(Path file) throws IOException {
        try (Stream<Path> files = Files.list(temporary)) {
            assertThat(files).containsExactly(file);
        }
    }
}
