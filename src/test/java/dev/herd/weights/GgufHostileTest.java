package dev.herd.weights;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Files that lie about themselves are refused in one sentence, before anything is allocated on their word. */
class GgufHostileTest {
    private static final int U32 = 4;
    private static final int STRING = 8;
    private static final int ARRAY = 9;

    static Stream<Arguments> headers() {
        return Stream.of(
                refused(
                        "other magic",
                        LittleEndian.bytes(0x12345678, 3, 0L, 0L),
                        "does not begin with the letters GGUF"),
                refused("swapped magic", LittleEndian.bytes(0x47475546, 3, 0L, 0L), "big-endian"),
                refused("swapped version", new ForgedGguf().version(0x03000000).bytes(), "big-endian"),
                refused("version 1", new ForgedGguf().version(1).bytes(), "GGUF version 1; Herd reads 2 and 3"),
                refused("version 99", new ForgedGguf().version(99).bytes(), "GGUF version 99"),
                refused("empty file", new byte[0], "only 0 bytes"),
                refused("only a magic", "GGUF".getBytes(StandardCharsets.US_ASCII), "ends within the version"),
                refused(
                        "tensor count",
                        new ForgedGguf().claim(1L << 40, 0).bytes(),
                        "1099511627776 as its number of tensors"),
                refused("tensor count overflow", new ForgedGguf().claim(-1, 0).bytes(), "18446744073709551615"),
                refused("entry count", new ForgedGguf().claim(0, 1L << 60).bytes(), "number of metadata entries"),
                refused(
                        "one entry too many",
                        new ForgedGguf().claim(0, 1).bytes(),
                        "1 as its number of metadata entries"),
                refused(
                        "many empty tensors",
                        LittleEndian.bytes(
                                "GGUF".getBytes(StandardCharsets.US_ASCII), 3, 1_048_577L, 0L, new byte[33_554_464]),
                        "more than any model has"),
                refused("empty key", new ForgedGguf().entry("", U32, 1).bytes(), "empty key in metadata entry 0"),
                refused(
                        "key twice",
                        new ForgedGguf().entry("k", U32, 1).entry("k", U32, 1).bytes(),
                        "'k' twice"),
                refused(
                        "unknown value type",
                        new ForgedGguf().entry("k", 13, 1L).bytes(),
                        "'k' the unknown type 13"),
                refused(
                        "text length",
                        new ForgedGguf().entry("k", STRING, 1L << 40).bytes(),
                        "length of metadata key 'k'"),
                refused(
                        "text length overflow",
                        new ForgedGguf().entry("k", STRING, -1L).bytes(),
                        "18446744073709551615"),
                refused("truth value", new ForgedGguf().entry("k", 7, (byte) 2).bytes(), "2 as the truth value"),
                refused(
                        "absurd u64",
                        new ForgedGguf().entry("k", 10, -1L).bytes(),
                        "absurd value 18446744073709551615"),
                refused("array type", new ForgedGguf().entry("k", ARRAY, 77, 0L).bytes(), "unknown type 77"),
                refused(
                        "array count",
                        new ForgedGguf().entry("k", ARRAY, U32, 1L << 61).bytes(),
                        "elements of metadata key 'k'"),
                refused(
                        "array of arrays",
                        new ForgedGguf().entry("k", ARRAY, ARRAY, -5L).bytes(),
                        "metadata key 'k'"),
                refused(
                        "array of texts",
                        new ForgedGguf().entry("k", ARRAY, STRING, 2L, "a", 99L).bytes(),
                        "99 bytes"),
                refused(
                        "nesting",
                        new ForgedGguf().entry("k", ARRAY, nested(100)).bytes(),
                        "nests arrays more than 4 deep"),
                refused(
                        "alignment 3",
                        new ForgedGguf().alignment(3).bytes(),
                        "general.alignment 3, which is no power of two"),
                refused(
                        "alignment 0",
                        new ForgedGguf().entry("general.alignment", U32, 0).bytes(),
                        "'general.alignment' is 0"),
                refused(
                        "huge alignment",
                        new ForgedGguf()
                                .entry("general.alignment", U32, 1 << 30)
                                .bytes(),
                        "general.alignment"));
    }

    static Stream<Arguments> tensors() {
        return Stream.of(
                refused("unknown type", tensor(99, 0, 32), "has type unknown (99), which Herd does not read"),
                refused("unread type", tensor(16, 0, 256), "has type IQ2_XXS (16)"),
                refused("removed type", tensor(4, 0, 32), "unknown (4)"),
                refused("offset beyond the file", tensor(0, 1L << 40, 8), "lies outside the file"),
                refused("negative offset", tensor(0, -32, 8), "offset 18446744073709551584"),
                refused("misaligned offset", tensor(0, 4, 8), "offset 4, no multiple of 32"),
                refused("size beyond the file", tensor(0, 0, 1 << 20), "lies outside the file: 4194304 bytes"),
                refused("offset and size overflow", tensor(0, Long.MAX_VALUE - 31, 8), "lies outside the file"),
                refused("element overflow", tensor(0, 0, 1L << 32, 1L << 32), "more elements than 63 bits"),
                refused("byte overflow", tensor(0, 0, 1L << 31, 1L << 31, 1), "more elements than 63 bits"),
                refused("wrap to a small product", tensor(0, 0, 1L << 33, 1L << 31, 1), "more elements than 63 bits"),
                refused("no elements", tensor(0, 0, 8, 0), "has a dimension of 0"),
                refused("negative dimension", tensor(0, 0, -8), "has a dimension of 18446744073709551608"),
                refused("no dimensions", tensor(0, 0), "claims 0 dimensions"),
                refused("five dimensions", tensor(0, 0, 1, 1, 1, 1, 1), "claims 5 dimensions"),
                refused("broken group", tensor(8, 0, 33), "rows of 33 elements, no multiple of Q8_0's group of 32"),
                refused(
                        "name twice",
                        with64Bytes(new ForgedGguf().tensor("victim", 0, 0, 8).tensor("victim", 0, 32, 8)),
                        "occurs twice"),
                refused(
                        "overlap",
                        with64Bytes(new ForgedGguf().tensor("other", 0, 0, 16).tensor("victim", 0, 32, 8)),
                        "overlaps tensor 'other'"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("headers")
    void refusesHeaderThatLies(String lie, byte[] bytes, String expected) {
        String message = refusal(bytes);

        assertThat(message).as(lie).startsWith("hostile.gguf: ").contains(expected);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("tensors")
    void refusesTensorThatLiesAndNamesIt(String lie, byte[] bytes, String expected) {
        String message = refusal(bytes);

        assertThat(message).as(lie).startsWith("hostile.gguf: tensor 'victim' ").contains(expected);
    }

    @Test
    void refusesHeaderThatIsCutAnywhere() {
        byte[] whole = new ForgedGguf()
                .entry("general.architecture", STRING, "llama4")
                .entry("texts", ARRAY, STRING, 2L, "a", "b")
                .tensor("victim", 0, 0, 8)
                .data(new byte[32])
                .bytes();

        for (int length = 0; length < whole.length; length++) {
            byte[] cut = Arrays.copyOf(whole, length);

            assertThat(refusal(cut)).as("cut to " + length).startsWith("hostile.gguf: ");
        }
        assertThat(GgufReader.read("whole.gguf", LittleEndian.segment(whole)).tensors())
                .hasSize(1);
    }

    @Test
    void keepsMessagesShortAndPrintableWhenNamesAreNot() {
        byte[] bytes =
                new ForgedGguf().tensor("line\nbreak".repeat(90), 99, 0, 8).bytes();

        String message = refusal(bytes);

        assertThat(message).contains("line\uFFFDbreak").hasSizeLessThan(1100);
    }

    private static String refusal(byte[] bytes) {
        var segment = LittleEndian.segment(bytes);
        return Allocations.refusal(() -> {
            TensorSet tensors = new TensorSet("hostile.gguf");
            GgufReader.read("hostile.gguf", segment).tensors().forEach(tensors::add);
        });
    }

    private static byte[] tensor(int type, long offset, long... dimensions) {
        return with64Bytes(new ForgedGguf().tensor("victim", type, offset, dimensions));
    }

    private static byte[] with64Bytes(ForgedGguf forged) {
        return forged.data(new byte[64]).bytes();
    }

    private static byte[] nested(int depth) {
        return depth == 0 ? LittleEndian.bytes(U32, 0L) : LittleEndian.bytes(ARRAY, 1L, nested(depth - 1));
    }

    private static Arguments refused(String lie, byte[] bytes, String expected) {
        return Arguments.of(lie, bytes, expected);
    }
}
