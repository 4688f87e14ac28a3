package dev.herd.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import dev.herd.golden.Golden;
import dev.herd.golden.GoldenImages;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class LogitsCommandTest {
    private static final double TOLERANCE = 5e-4;

    @TempDir
    private Path folder = Path.of("");

    @ParameterizedTest
    @ValueSource(strings = {"scout", "maverick", "guard"})
    void rawLogitsEqualTheReference(String fixture) throws IOException {
        Path raw = folder.resolve("logits.f32");
        for (Golden golden : Golden.casesOf(fixture)) {
            Herd herd = Herd.run(
                    "logits",
                    "--model",
                    Golden.folder(fixture).toString(),
                    "--tokens",
                    joined(golden.tokens(), ","),
                    "--raw",
                    raw.toString());

            assertThat(herd.err()).isEmpty();
            assertThat(herd.status()).isZero();
            assertThat(largestError(golden, raw)).as(golden.name()).isLessThan(TOLERANCE);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"scout", "maverick", "guard"})
    void topTokensAreThoseOfTheReference(String fixture) {
        Golden golden = Golden.casesOf(fixture).getLast();

        JsonNode json = Herd.run(
                        "logits",
                        "--model",
                        Golden.folder(fixture).toString(),
                        "--tokens",
                        joined(golden.tokens(), ","),
                        "--top",
                        "3")
                .json();

        assertThat(json.path("positions")).hasSize(golden.tokens().length);
        for (int position = 0; position < golden.tokens().length; position++) {
            JsonNode answer = json.path("positions").path(position);
            assertThat(answer.path("position").intValue()).isEqualTo(position);
            assertThat(answer.path("token").intValue()).isEqualTo(golden.tokens()[position]);
            assertThat(answer.path("top")).hasSize(3);
            assertTopEquals(answer.path("top"), golden.logits()[position]);
        }
    }

    private static void assertTopEquals(JsonNode top, float[] logits) {
        double normaliser = Math.log(IntStream.range(0, logits.length)
                .mapToDouble(i -> Math.exp(logits[i]))
                .sum());
        double previous = 0;
        for (JsonNode ranked : top) {
            double logProb = ranked.path("logProb").doubleValue();
            assertThat(logProb)
                    .isCloseTo(logits[ranked.path("token").intValue()] - normaliser, within(2 * TOLERANCE))
                    .isLessThanOrEqualTo(previous);
            assertThat(ranked.path("text").isTextual()).isTrue();
            previous = logProb;
        }
        float best = IntStream.range(0, logits.length)
                .mapToObj(i -> logits[i])
                .max(Float::compare)
                .orElseThrow();
        assertThat(top.path(0).path("logProb").doubleValue()).isCloseTo(best - normaliser, within(2 * TOLERANCE));
    }

    @Test
    void tokensFileIsReadWhateverSeparatesTheTokens() throws IOException {
        int[] tokens = Golden.casesOf("scout").getLast().tokens();
        Path file = Files.writeString(
                folder.resolve("tokens.txt"),
                tokens[0] + "\n" + tokens[1] + ",\t " + joined(Arrays.copyOfRange(tokens, 2, tokens.length), " ")
                        + "\n");
        String scout = Golden.folder("scout").toString();

        Herd fromFile = Herd.run("logits", "--model", scout, "--tokens-file", file.toString());
        Herd fromOption = Herd.run("logits", "--model", scout, "--tokens", joined(tokens, ","));

        assertThat(fromFile.json()).isEqualTo(fromOption.json());
        assertThat(fromFile.json().path("positions")).hasSize(tokens.length);
    }

    @Test
    void promptIsBeginOfTextAndPlainText() {
        JsonNode json = Herd.run(
                        "logits", "--model", Golden.folder("scout").toString(), "--prompt", "Hello world", "--top", "0")
                .json();

        assertThat(json.path("positions").findValues("token"))
                .extracting(JsonNode::intValue)
                .containsExactly(700, 39, 413, 302, 296, 267, 75, 67);
    }

    @Test
    void builtInModelAnswersWithoutAnOption() {
        Herd herd = Herd.run("logits", "--prompt", "A");

        assertThat(herd.err()).isEmpty();
        assertThat(herd.json().path("positions").size()).isPositive();
    }

    /** A dense model: in one with experts the smallest error may send a token to another expert. */
    @Test
    void halfPrecisionCacheIsCloseToFullOne() throws IOException {
        Golden golden = Golden.casesOf("guard").getLast();
        Path raw = folder.resolve("logits.f32");

        Herd.run(
                "logits",
                "--model",
                Golden.folder("guard").toString(),
                "--tokens",
                joined(golden.tokens(), ","),
                "--kv-type",
                "f16",
                "--raw",
                raw.toString());

        assertThat(largestError(golden, raw)).isBetween(1e-9, 0.05);
    }

    @Test
    void picturesInTokensGiveTheLogitsOfTheReference() throws IOException {
        Path raw = folder.resolve("logits.f32");
        for (Golden golden : Golden.casesOf("vision")) {
            List<String> arguments = new ArrayList<>(List.of(
                    "logits",
                    "--model",
                    Golden.folder("vision").toString(),
                    "--tokens",
                    joined(golden.tokens(), ","),
                    "--raw",
                    raw.toString()));
            GoldenImages.of("vision", golden.name()).pictures().forEach(picture -> {
                arguments.add("--image");
                arguments.add(picture.toString());
            });

            Herd herd = Herd.run(arguments.toArray(String[]::new));

            assertThat(herd.err()).isEmpty();
            assertThat(largestError(golden, raw)).as(golden.name()).isLessThan(1e-3);
        }
    }

    @Test
    void picturesStandWhereTheTextSaysSo() {
        String model = Golden.folder("vision").toString();
        String square = Golden.folder("vision").resolve("picture0.png").toString();
        String wide = Golden.folder("vision").resolve("picture1.png").toString();

        assertThat(tokens("--model", model, "--prompt", "ab", "--image", square))
                .containsExactly(700, 713, 717, 718, 718, 718, 718, 714, 451);
        assertThat(tokens("--model", model, "--prompt", "a<|image|>b", "--image", wide))
                .containsExactly(
                        700, 64, 713, 718, 718, 718, 718, 715, 718, 718, 718, 718, 716, 717, 718, 718, 718, 718, 714,
                        65);
        assertThat(Herd.run("logits", "--model", model, "--prompt", "a<|image|>", "--image", square, wide)
                        .err())
                .contains("the text has 1 places for pictures (<|image|>), but there are 2 pictures");
        assertThat(Herd.run("logits", "--model", model, "--tokens", "1,718", "--image", square)
                        .err())
                .contains("the prompt has 1 placeholders (<|patch|>), but the pictures are 4 image tokens");
        assertThat(Herd.run("logits", "--model", Golden.folder("scout").toString(), "--prompt", "a", "--image", square)
                        .err())
                .contains("the model has no vision tower, so it sees no pictures");
    }

    private static List<Integer> tokens(String... options) {
        List<String> arguments = new ArrayList<>(List.of("logits"));
        arguments.addAll(List.of(options));
        List<Integer> tokens = new ArrayList<>();
        Herd.run(arguments.toArray(String[]::new))
                .json()
                .path("positions")
                .forEach(position -> tokens.add(position.path("token").intValue()));
        return tokens;
    }

    @Test
    void tokenOutsideTheVocabularyIsOneSentence() {
        Herd herd = Herd.run("logits", "--model", Golden.folder("scout").toString(), "--tokens", "1,99999");

        assertThat(herd.status()).isEqualTo(1);
        assertThat(herd.err())
                .startsWith("herd logits: token 99999 is not in the vocabulary")
                .hasLineCount(1);
        assertThat(herd.out()).isEmpty();
    }

    @Test
    void wordAmongTheTokensIsOneSentence() {
        Herd herd = Herd.run("logits", "--tokens", "1,two");

        assertThat(herd.status()).isEqualTo(1);
        assertThat(herd.err()).contains("'two' is no token id").hasLineCount(1);
    }

    private static String joined(int[] tokens, String separator) {
        return Arrays.stream(tokens).mapToObj(String::valueOf).collect(Collectors.joining(separator));
    }

    private static double largestError(Golden golden, Path raw) throws IOException {
        FloatBuffer actual = ByteBuffer.wrap(Files.readAllBytes(raw))
                .order(ByteOrder.LITTLE_ENDIAN)
                .asFloatBuffer();
        int size = golden.logits()[0].length;
        assertThat(actual.capacity()).isEqualTo(golden.tokens().length * size);
        double largest = 0;
        for (int position = 0; position < golden.tokens().length; position++) {
            for (int token = 0; token < size; token++) {
                double error =
                        Math.abs((double) golden.logits()[position][token] - actual.get(position * size + token));
                largest = Double.isNaN(error) ? Double.POSITIVE_INFINITY : Math.max(largest, error);
            }
        }
        return largest;
    }
}
