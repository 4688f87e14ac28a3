package dev.herd.weights;

import static org.assertj.core.api.Assertions.assertThat;

import dev.herd.kernels.TensorType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class GgufReaderTest {
    private static final int ARRAY = 9;

    @Test
    void readsEveryScalarMetadataType() {
        GgufMetadata metadata = new ForgedGguf()
                .entry("u8", 0, (byte) 200)
                .entry("i8", 1, (byte) -3)
                .entry("u16", 2, (short) 60_000)
                .entry("i16", 3, (short) -300)
                .entry("u32", 4, 2_000_000_000)
                .entry("i32", 5, -70_000)
                .entry("f32", 6, 0.1f)
                .entry("bool", 7, true)
                .entry("string", 8, "naïve ☃")
                .entry("u64", 10, 5L)
                .entry("i64", 11, -6L)
                .entry("f64", 12, 0.1)
                .read()
                .metadata();

        int low = Integer.MIN_VALUE;
        int high = Integer.MAX_VALUE;
        assertThat(metadata.whole("u8", low, high)).isEqualTo(OptionalInt.of(200));
        assertThat(metadata.whole("i8", low, high)).isEqualTo(OptionalInt.of(-3));
        assertThat(metadata.whole("u16", low, high)).isEqualTo(OptionalInt.of(60_000));
        assertThat(metadata.whole("i16", low, high)).isEqualTo(OptionalInt.of(-300));
        assertThat(metadata.whole("u32", low, high)).isEqualTo(OptionalInt.of(2_000_000_000));
        assertThat(metadata.whole("i32", low, high)).isEqualTo(OptionalInt.of(-70_000));
        assertThat(metadata.real("f32", 0)).isEqualTo(0.1f);
        assertThat(metadata.flag("bool")).isEqualTo(Optional.of(true));
        assertThat(metadata.text("string")).isEqualTo(Optional.of("naïve ☃"));
        assertThat(metadata.whole("u64", low, high)).isEqualTo(OptionalInt.of(5));
        assertThat(metadata.whole("i64", low, high)).isEqualTo(OptionalInt.of(-6));
        assertThat(metadata.real("f64")).isEqualTo(OptionalDouble.of(0.1));
        assertThat(metadata.whole("absent", low, high)).isEmpty();
    }

    static Stream<Arguments> arrays() {
        return Stream.of(
                Arguments.of(0, new Object[] {(byte) 1, (byte) 255}, List.of(1, 255)),
                Arguments.of(1, new Object[] {(byte) 1, (byte) -1}, List.of(1, -1)),
                Arguments.of(2, new Object[] {(short) 1, (short) -1}, List.of(1, 65_535)),
                Arguments.of(3, new Object[] {(short) 1, (short) -1}, List.of(1, -1)),
                Arguments.of(4, new Object[] {7, 9}, List.of(7, 9)),
                Arguments.of(5, new Object[] {7, -9}, List.of(7, -9)),
                Arguments.of(7, new Object[] {true, false}, List.of(1, 0)),
                Arguments.of(10, new Object[] {7L, 9L}, List.of(7, 9)),
                Arguments.of(11, new Object[] {7L, -9L}, List.of(7, -9)));
    }

    @ParameterizedTest
    @MethodSource("arrays")
    void readsArraysOfEveryWholeType(int type, Object[] elements, List<Integer> expected) {
        GgufMetadata metadata = new ForgedGguf()
                .entry("array", ARRAY, type, 2L, LittleEndian.bytes(elements))
                .entry("after", 4, 1)
                .read()
                .metadata();

        assertThat(metadata.wholes("array", -1000, 100_000)).isEqualTo(Optional.of(expected));
        assertThat(metadata.has("after")).isTrue();
    }

    @Test
    void stepsOverNestedArraysAndReadsWhatFollows() {
        byte[] inner = LittleEndian.bytes(8, 2L, "a", "bc");
        byte[] reals = LittleEndian.bytes(6, 3L, 1f, 2f, 3f);

        GgufMetadata metadata = new ForgedGguf()
                .entry("nested", ARRAY, ARRAY, 2L, inner, inner)
                .entry("reals", ARRAY, reals)
                .entry("texts", ARRAY, inner)
                .read()
                .metadata();

        assertThat(metadata.texts("texts").orElseThrow().strings("f")).containsExactly("a", "bc");
        assertThat(metadata.keys()).containsExactlyInAnyOrder("nested", "reals", "texts");
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 3})
    void readsBothVersionsWithTheSameLayout(int version) {
        GgufReader.Contents contents =
                new ForgedGguf().version(version).entry("k", 4, 1).read();

        assertThat(contents.version()).isEqualTo(version);
        assertThat(contents.metadata().whole("k", 0, 9)).isEqualTo(OptionalInt.of(1));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 8, 32, 64, 4096})
    void findsTensorDataBehindAnyAlignment(int alignment) {
        byte[] data = new byte[Math.max(alignment, 8) + 8];
        data[0] = 1;
        data[Math.max(alignment, 8)] = 2;

        List<StoredTensor> tensors = new ForgedGguf()
                .alignment(alignment)
                .tensor("first", 24, 0, 3, 2)
                .tensor("second", 24, Math.max(alignment, 8), 8)
                .data(data)
                .read()
                .tensors();

        assertThat(tensors).extracting(StoredTensor::name).containsExactly("first", "second");
        assertThat(tensors.getFirst().shape()).containsExactly(2L, 3L);
        assertThat(firstByte(tensors.getFirst().data())).isEqualTo((byte) 1);
        assertThat(firstByte(tensors.getLast().data())).isEqualTo((byte) 2);
        assertThat(tensors.getLast().data().byteSize()).isEqualTo(8);
    }

    @Test
    void readsEveryTensorTypeThatTheGlossaryOfTypesKnows() {
        ForgedGguf forged = new ForgedGguf();
        long offset = 0;
        List<TensorType> types = Stream.of(TensorType.values())
                .filter(type -> type.ggmlId() >= 0)
                .toList();
        for (TensorType type : types) {
            forged.tensor(type.name(), type.ggmlId(), offset, 256, 2);
            offset += (type.bytes(512) + 31) / 32 * 32;
        }

        List<StoredTensor> tensors = forged.data(new byte[(int) offset]).read().tensors();

        assertThat(tensors).hasSameSizeAs(types);
        IntStream.range(0, types.size())
                .forEach(i -> assertThat(tensors.get(i).type()).contains(types.get(i)));
    }

    private static byte firstByte(MemorySegment data) {
        return data.get(ValueLayout.JAVA_BYTE, 0);
    }
}
