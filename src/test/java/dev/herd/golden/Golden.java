package dev.herd.golden;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The recorded outputs beside a fixture checkpoint. Reads {@code golden.safetensors} with code of its own, so that a
 * mistake in Herd's reader cannot hide in both.
 *
 * @param name the case's name
 * @param tokens the prompt
 * @param logits {@code [tokens][vocabulary]}
 */
public record Golden(String name, int[] tokens, float[][] logits) {
    private static final Path FIXTURES = Path.of("test", "resources", "golden");

    /** The folder of a fixture. */
    public static Path folder(String fixture) {
        Path fromModule = FIXTURES.resolve(fixture);
        return Files.exists(fromModule) ? fromModule : Path.of("src").resolve(fromModule);
    }

    /** All cases of a fixture. */
    public static List<Golden> casesOf(String fixture) {
        try {
            ByteBuffer file = ByteBuffer.wrap(Files.readAllBytes(folder(fixture).resolve("golden.safetensors")))
                    .order(ByteOrder.LITTLE_ENDIAN);
            int headerLength = Math.toIntExact(file.getLong(0));
            JsonNode header =
                    new ObjectMapper().readTree(new String(file.array(), 8, headerLength, StandardCharsets.UTF_8));
            List<Golden> cases = new ArrayList<>();
            for (String key : (Iterable<String>) header::fieldNames) {
                if (key.endsWith(".input_ids")) {
                    String name = key.substring(0, key.length() - ".input_ids".length());
                    cases.add(readCase(name, file.slice(8 + headerLength, file.capacity() - 8 - headerLength), header));
                }
            }
            return cases;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Golden readCase(String name, ByteBuffer data, JsonNode header) {
        data.order(ByteOrder.LITTLE_ENDIAN);
        JsonNode ids = header.get(name + ".input_ids");
        JsonNode values = header.get(name + ".logits");
        int[] tokens = new int[ids.get("shape").get(0).asInt()];
        for (int t = 0; t < tokens.length; t++) {
            tokens[t] = (int) data.getLong(ids.get("data_offsets").get(0).asInt() + 8 * t);
        }
        int vocabulary = values.get("shape").get(1).asInt();
        float[][] logits = new float[tokens.length][vocabulary];
        int offset = values.get("data_offsets").get(0).asInt();
        for (int t = 0; t < tokens.length; t++) {
            for (int i = 0; i < vocabulary; i++) {
                logits[t][i] = data.getFloat(offset + 4 * (t * vocabulary + i));
            }
        }
        return new Golden(name, tokens, logits);
    }
}
