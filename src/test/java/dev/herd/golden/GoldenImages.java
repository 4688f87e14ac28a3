package dev.herd.golden;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.herd.model.vision.RgbImage;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import javax.imageio.ImageIO;

/**
 * What is recorded of a case with pictures, beside its tokens and logits.
 *
 * @param pictures the files, in the order of the prompt
 * @param pixels {@code [tiles, 3, size, size]}
 * @param features {@code [imageTokens, hiddenSize]}
 */
public record GoldenImages(List<Path> pictures, float[] pixels, float[] features) {
    /** The pictures of a case; an empty list if it has none. */
    public static GoldenImages of(String fixture, String name) {
        try {
            Path folder = Golden.folder(fixture);
            JsonNode cases = new ObjectMapper()
                    .readTree(folder.resolve("golden.json").toFile())
                    .get("cases");
            List<Path> pictures = new ArrayList<>();
            for (JsonNode each : cases) {
                if (each.get("name").asText().equals(name)) {
                    if (each.has("picture")) {
                        pictures.add(folder.resolve(each.get("picture").asText()));
                    }
                    each.path("pictures").forEach(file -> pictures.add(folder.resolve(file.asText())));
                }
            }
            return pictures.isEmpty()
                    ? new GoldenImages(List.of(), new float[0], new float[0])
                    : new GoldenImages(
                            pictures, floats(folder, name + ".pixel_values"), floats(folder, name + ".image_features"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static float[] floats(Path folder, String tensor) throws IOException {
        ByteBuffer file = ByteBuffer.wrap(Files.readAllBytes(folder.resolve("golden.safetensors")))
                .order(ByteOrder.LITTLE_ENDIAN);
        int headerLength = Math.toIntExact(file.getLong(0));
        JsonNode offsets = new ObjectMapper()
                .readTree(new String(file.array(), 8, headerLength, StandardCharsets.UTF_8))
                .get(tensor)
                .get("data_offsets");
        int from = 8 + headerLength + offsets.get(0).asInt();
        float[] values = new float[(offsets.get(1).asInt() - offsets.get(0).asInt()) / 4];
        for (int i = 0; i < values.length; i++) {
            values[i] = file.getFloat(from + 4 * i);
        }
        return values;
    }

    /** The pixels of a picture without transparency. */
    public static RgbImage decode(Path file) {
        try {
            BufferedImage image = Objects.requireNonNull(ImageIO.read(file.toFile()), "no picture: " + file);
            byte[] rgb = new byte[3 * image.getWidth() * image.getHeight()];
            for (int pixel = 0; pixel < rgb.length / 3; pixel++) {
                int colour = image.getRGB(pixel % image.getWidth(), pixel / image.getWidth());
                rgb[3 * pixel] = (byte) (colour >> 16);
                rgb[3 * pixel + 1] = (byte) (colour >> 8);
                rgb[3 * pixel + 2] = (byte) colour;
            }
            return new RgbImage(image.getWidth(), image.getHeight(), rgb);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
