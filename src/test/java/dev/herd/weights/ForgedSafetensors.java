package dev.herd.weights;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/** A safetensors file put together by hand. */
final class ForgedSafetensors {
    private final List<String> descriptions = new ArrayList<>();
    private final ByteArrayOutputStream data = new ByteArrayOutputStream();

    /** A tensor with these bytes. */
    ForgedSafetensors tensor(String name, String dtype, byte[] bytes, long... shape) {
        int begin = data.size();
        data.writeBytes(bytes);
        descriptions.add(describe(name, dtype, begin, data.size(), shape));
        return this;
    }

    /** An F32 tensor with these numbers. */
    ForgedSafetensors floats(String name, float[] values, long... shape) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        for (float value : values) {
            bytes.writeBytes(LittleEndian.bytes(value));
        }
        return tensor(name, "F32", bytes.toByteArray(), shape);
    }

    byte[] bytes() {
        return bytes(
                "{\"__metadata__\":{\"format\":\"pt\"}," + String.join(",", descriptions) + "}", data.toByteArray());
    }

    void writeTo(Path file) {
        try {
            Files.write(file, bytes());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A description as it stands in a header. */
    static String describe(String name, String dtype, long begin, long end, long... shape) {
        String dimensions = Arrays.stream(shape).mapToObj(Long::toString).collect(Collectors.joining(","));
        return "\"" + name + "\":{\"dtype\":\"" + dtype + "\",\"shape\":[" + dimensions + "],\"data_offsets\":[" + begin
                + "," + end + "]}";
    }

    /** A file of any header. */
    static byte[] bytes(String header, byte[] data) {
        byte[] utf8 = header.getBytes(StandardCharsets.UTF_8);
        return LittleEndian.bytes((long) utf8.length, utf8, data);
    }
}
