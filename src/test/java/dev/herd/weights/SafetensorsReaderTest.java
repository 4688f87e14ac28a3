package dev.herd.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.herd.kernels.TensorType;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class SafetensorsReaderTest {
    @Test
    void readsEveryTypeWithItsBytesWhereTheyLie() {
        ForgedSafetensors forged = new ForgedSafetensors();
        List<String> types = List.of("F32", "F16", "BF16", "F8_E4M3", "I8", "I16", "I32", "I64", "F64", "U8", "BOOL");
        List<Integer> sizes = List.of(4, 2, 2, 1, 1, 2, 4, 8, 8, 1, 1);
        for (int i = 0; i < types.size(); i++) {
            byte[] bytes = new byte[6 * sizes.get(i)];
            bytes[0] = (byte) (i + 1);
            forged.tensor(types.get(i), types.get(i), bytes, 2, 3);
        }

        List<StoredTensor> tensors = SafetensorsReader.read("f", LittleEndian.segment(forged.bytes()));

        assertThat(tensors).extracting(StoredTensor::typeName).containsExactlyElementsOf(types);
        assertThat(tensors.get(3).type()).isEqualTo(Optional.of(TensorType.F8_E4M3));
        assertThat(tensors.get(9).type()).as("U8 is only listed").isEmpty();
        for (int i = 0; i < types.size(); i++) {
            assertThat(tensors.get(i).shape()).containsExactly(2L, 3L);
            assertThat(tensors.get(i).data().byteSize()).isEqualTo(6 * sizes.get(i));
            assertThat(tensors.get(i).data().get(ValueLayout.JAVA_BYTE, 0)).isEqualTo((byte) (i + 1));
        }
    }

    @Test
    void readsScalarsAndTensorsWithoutElements() {
        byte[] file = new ForgedSafetensors()
                .tensor("scalar", "F32", new byte[4])
                .tensor("empty", "F32", new byte[0], 0, 5)
                .bytes();

        List<StoredTensor> tensors = SafetensorsReader.read("f", LittleEndian.segment(file));

        assertThat(tensors.getFirst().shape()).isEmpty();
        assertThat(tensors.getLast().data().byteSize()).isZero();
    }

    static Stream<Arguments> tensors() {
        return Stream.of(
                Arguments.of("unknown type", victim("Q9", 0, 32, 8), "has the unknown type 'Q9'"),
                Arguments.of("end beyond the file", victim("F32", 0, 1L << 40, 1L << 38), "lies outside the file"),
                Arguments.of("begin after end", victim("F32", 32, 0, 8), "lies outside the file"),
                Arguments.of(
                        "fewer bytes than shape",
                        victim("F32", 0, 32, 9),
                        "has 32 bytes, but F32 of shape [9] needs 36"),
                Arguments.of(
                        "more bytes than shape",
                        victim("F16", 0, 32, 8),
                        "has 32 bytes, but F16 of shape [8] needs 16"),
                Arguments.of("shape overflow", victim("F32", 0, 32, 1L << 40, 1L << 40), "more elements than 63 bits"),
                Arguments.of("negative dimension", victim("F32", 0, 32, -8), "has the shape -8, which is no 63-bit"),
                Arguments.of("negative offset", victim("F32", -32, 0, 8), "has the data_offsets -32"),
                Arguments.of(
                        "rank", victim("F32", 0, 4, 1, 1, 1, 1, 1, 1, 1, 1, 1), "more than 8 numbers in its shape"),
                Arguments.of("overlap", victim("F32", 0, 32, 8) + "," + other(28, 60), "overlaps tensor 'victim'"),
                Arguments.of("twin", other(0, 32) + "," + victim("F32", 0, 32, 8), "overlaps tensor"),
                Arguments.of("no object", "\"victim\":7", "is described by no JSON object"),
                Arguments.of("no shape", "\"victim\":{\"dtype\":\"F32\",\"data_offsets\":[0,32]}", "has no shape"),
                Arguments.of("no offsets", "\"victim\":{\"dtype\":\"F32\",\"shape\":[8]}", "has 0 data_offsets"),
                Arguments.of(
                        "three offsets",
                        "\"victim\":{\"dtype\":\"F32\",\"shape\":[8],\"data_offsets\":[0,32,64]}",
                        "has 3 data_offsets instead of 2"),
                Arguments.of("real offset", "\"victim\":{\"shape\":[8.5]}", "has the shape 8.5"),
                Arguments.of("huge number", "\"victim\":{\"shape\":[99999999999999999999]}", "99999999999999999999"),
                Arguments.of("text as shape", "\"victim\":{\"shape\":\"8\"}", "has a shape that is no array"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("tensors")
    void refusesTensorThatLiesAndNamesIt(String lie, String description, String expected) {
        String message = refusal(ForgedSafetensors.bytes("{" + description + "}", new byte[64]));

        assertThat(message).as(lie).startsWith("hostile.safetensors: tensor '").contains(expected);
        assertThat(message).contains("victim");
    }

    static Stream<Arguments> headers() {
        return Stream.of(
                Arguments.of("empty file", new byte[0], "only 0 bytes"),
                Arguments.of(
                        "header length",
                        LittleEndian.bytes(1L << 50, new byte[64]),
                        "claims a header of 1125899906842624 bytes"),
                Arguments.of("length overflow", LittleEndian.bytes(-1L, new byte[64]), "18446744073709551615"),
                Arguments.of("length off by one", LittleEndian.bytes(65L, new byte[64]), "only 64 follow"),
                Arguments.of("no JSON", LittleEndian.bytes(64L, new byte[64]), "is no valid JSON"),
                Arguments.of("cut JSON", header("{\"a\":{"), "is no valid JSON"),
                Arguments.of("array", header("[]"), "header that is no JSON object"),
                Arguments.of(
                        "name twice",
                        header("{\"a\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]},\"a\":{}}"),
                        "is no valid JSON"),
                Arguments.of("second document", header("{} {}"), "goes on after its JSON object"),
                Arguments.of("depth", header("{\"__metadata__\":" + "[".repeat(100_000)), "is no valid JSON"),
                Arguments.of(
                        "digits", header("{\"a\":{\"shape\":[" + "9".repeat(100_000) + "]}}"), "is no valid JSON"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("headers")
    void refusesHeaderThatLies(String lie, byte[] file, String expected) {
        assertThat(refusal(file)).as(lie).startsWith("hostile.safetensors: ").contains(expected);
    }

    @Test
    void refusesAFileThatIsCutAnywhere() {
        byte[] whole = new ForgedSafetensors()
                .floats("a", new float[] {1, 2}, 2)
                .floats("b", new float[] {3}, 1)
                .bytes();

        for (int length = 0; length < whole.length; length++) {
            assertThat(refusal(Arrays.copyOf(whole, length)))
                    .as("cut to " + length)
                    .startsWith("hostile.safetensors: ");
        }
    }

    @Test
    void survivesAnyDamageToItsHeaderWithAnAnswerOrARefusal() {
        long seed = 21;
        Random random = new Random(seed);
        byte[] whole = new ForgedSafetensors()
                .floats("a", new float[] {1, 2}, 2)
                .floats("b", new float[] {3}, 1)
                .bytes();

        for (int round = 0; round < 5000; round++) {
            byte[] damaged = whole.clone();
            byte[] likely = "{}[]\",:0189-e. ".getBytes(StandardCharsets.US_ASCII);
            for (int hit = 0; hit <= round % 4; hit++) {
                damaged[random.nextInt(damaged.length)] =
                        random.nextBoolean() ? (byte) random.nextInt() : likely[random.nextInt(likely.length)];
            }

            Throwable thrown = catchThrowable(() -> SafetensorsReader.read("damaged", LittleEndian.segment(damaged)));

            if (thrown != null) {
                assertThat(thrown).as("seed " + seed + ", round " + round).isInstanceOf(CheckpointException.class);
            }
        }
    }

    private static String refusal(byte[] file) {
        var segment = LittleEndian.segment(file);
        return Allocations.refusal(() -> SafetensorsReader.read("hostile.safetensors", segment));
    }

    private static byte[] header(String json) {
        return ForgedSafetensors.bytes(json, new byte[8]);
    }

    private static String victim(String dtype, long begin, long end, long... shape) {
        return ForgedSafetensors.describe("victim", dtype, begin, end, shape);
    }

    private static String other(long begin, long end) {
        return ForgedSafetensors.describe("other", "U8", begin, end, end - begin);
    }
}
