package dev.herd.golden;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.function.Predicate;

/** The F32 tensors of a safetensors file, to be changed and written again. */
public final class TensorFile {
    private final Map<String, float[]> values = new LinkedHashMap<>();
    private final Map<String, JsonNode> shapes = new LinkedHashMap<>();

    /** Reads the file of a fixture. */
    public static TensorFile of(String fixture) throws IOException {
        TensorFile tensors = new TensorFile();
        ByteBuffer file = ByteBuffer.wrap(
                        Files.readAllBytes(Golden.folder(fixture).resolve("model.safetensors")))
                .order(ByteOrder.LITTLE_ENDIAN);
        int header = Math.toIntExact(file.getLong(0));
        ObjectNode entries =
                (ObjectNode) new ObjectMapper().readTree(new String(file.array(), 8, header, StandardCharsets.UTF_8));
        entries.remove("__metadata__");
        for (Map.Entry<String, JsonNode> entry : entries.properties()) {
            int from = entry.getValue().at("/data_offsets/0").asInt();
            int to = entry.getValue().at("/data_offsets/1").asInt();
            float[] own = new float[(to - from) / Float.BYTES];
            for (int i = 0; i < own.length; i++) {
                own[i] = file.getFloat(8 + header + from + i * Float.BYTES);
            }
            tensors.values.put(entry.getKey(), own);
            tensors.shapes.put(entry.getKey(), entry.getValue().get("shape"));
        }
        return tensors;
    }

    /** The values of a tensor, to be changed. */
    public float[] get(String name) {
        return Objects.requireNonNull(values.get(name), name);
    }

    /** Gives a tensor other rows. */
    public float[] resize(String name, int rows, int columns) {
        shapes.put(name, new ObjectMapper().createArrayNode().add(rows).add(columns));
        values.put(name, new float[rows * columns]);
        return get(name);
    }

    /** Makes tensors all one number. */
    public void fill(Predicate<String> names, float value) {
        values.forEach((name, own) -> {
            if (names.test(name)) {
                Arrays.fill(own, value);
            }
        });
    }

    /** Adds the tensors of another file. */
    public void add(TensorFile other, Predicate<String> names) {
        other.values.forEach((name, own) -> {
            if (names.test(name)) {
                values.put(name, own);
                shapes.put(name, Objects.requireNonNull(other.shapes.get(name)));
            }
        });
    }

    /** Writes the file. */
    public void write(Path path) throws IOException {
        ObjectNode header = new ObjectMapper().createObjectNode();
        int at = 0;
        for (Map.Entry<String, float[]> tensor : values.entrySet()) {
            int end = at + tensor.getValue().length * Float.BYTES;
            ObjectNode entry = header.putObject(tensor.getKey()).put("dtype", "F32");
            entry.set("shape", shapes.get(tensor.getKey()));
            entry.putArray("data_offsets").add(at).add(end);
            at = end;
        }
        byte[] json = header.toString().getBytes(StandardCharsets.UTF_8);
        ByteArrayOutputStream file = new ByteArrayOutputStream();
        file.writeBytes(ByteBuffer.allocate(8)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(json.length)
                .array());
        file.writeBytes(json);
        for (float[] own : values.values()) {
            ByteBuffer bytes = ByteBuffer.allocate(own.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
            bytes.asFloatBuffer().put(own);
            file.writeBytes(bytes.array());
        }
        Files.write(path, file.toByteArray());
    }
}
