package dev.herd.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.herd.golden.Golden;
import java.util.Arrays;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class BenchCommandTest {
    @Test
    void sequencesTogetherAreMeasuredWhenAsked() {
        Herd herd = Herd.run(
                "bench",
                "--prompt",
                "20",
                "--decode",
                "3",
                "--runs",
                "2",
                "--random-tokens",
                "--sequences",
                "3",
                "--json");

        assertThat(herd.err()).isEmpty();
        assertThat(herd.json().path("sequences").intValue()).isEqualTo(3);
        assertThat(herd.json()
                        .path("batchedDecodeTokensPerSecond")
                        .path("median")
                        .doubleValue())
                .isPositive();
    }

    @Test
    void jsonHasEveryFigure() {
        Herd herd = Herd.run(
                "bench",
                "--model",
                Golden.folder("scout").toString(),
                "--prompt",
                "20",
                "--decode",
                "3",
                "--threads",
                "2",
                "--runs",
                "3",
                "--random-tokens",
                "--json");

        JsonNode json = herd.json();
        assertThat(herd.err()).isEmpty();
        assertThat(json.path("promptTokens").intValue()).isEqualTo(20);
        assertThat(json.path("decodeTokens").intValue()).isEqualTo(3);
        assertThat(json.path("threads").intValue()).isEqualTo(2);
        assertThat(json.path("runs").intValue()).isEqualTo(3);
        assertThat(json.path("backend").textValue()).contains("cpu");
        assertIsSpread(json.path("promptTokensPerSecond"));
        assertIsSpread(json.path("decodeTokensPerSecond"));
        assertIsSpread(json.path("secondsFromRequestToFirstToken"));
        assertThat(json.path("secondsFromProcessStartToFirstToken").doubleValue())
                .isGreaterThan(json.path("secondsFromProcessStartToLoaded").doubleValue());
    }

    private static void assertIsSpread(JsonNode spread) {
        double median = spread.path("median").doubleValue();
        assertThat(median).isPositive();
        assertThat(spread.path("min").doubleValue()).isPositive().isLessThanOrEqualTo(median);
        assertThat(spread.path("max").doubleValue()).isGreaterThanOrEqualTo(median);
    }

    @Test
    void textOfTheModelsOwnTokenizerIsThePromptByDefault() {
        Herd herd = Herd.run("bench", "--prompt", "300", "--decode", "2", "--runs", "1");

        assertThat(herd.status()).isZero();
        assertThat(herd.err()).isEmpty();
        assertThat(herd.out()).contains("tokens/s, 300 tokens").contains("tokens/s, 2 tokens");
    }

    @Test
    void progressIsShownOnATerminalOnly() {
        Herd herd = Herd.on(Set.of("err"), "", "bench", "--prompt", "2", "--decode", "1", "--runs", "1");

        assertThat(herd.err()).contains("Warming up").contains("Run 1 of 1");
        assertThat(herd.out()).doesNotContain("Run 1");
    }

    @ParameterizedTest
    @ValueSource(strings = {"--prompt", "--decode", "--runs", "--threads"})
    void nothingToMeasureIsOneSentence(String option) {
        Herd herd = Herd.run("bench", option, "0");

        assertThat(herd.status()).isEqualTo(1);
        assertThat(herd.err()).contains(option.substring(2)).hasLineCount(1);
    }

    @ParameterizedTest
    @CsvSource({"3 1 2, 2, 1, 3", "4 1 3 2, 2.5, 1, 4", "7, 7, 7, 7"})
    void spreadIsMedianAndExtremes(String values, double median, double min, double max) {
        double[] measured = Arrays.stream(values.split(" ", -1))
                .mapToDouble(Double::parseDouble)
                .toArray();

        assertThat(Spread.of(measured)).isEqualTo(new Spread(median, min, max));
    }

    @Test
    void picturesAreMeasuredAgainstTheMachine() {
        JsonNode json = Herd.run(
                        "bench",
                        "--model",
                        Golden.folder("vision").toString(),
                        "--images",
                        "3",
                        "--runs",
                        "1",
                        "--threads",
                        "1",
                        "--json")
                .json();

        assertThat(json.path("images").intValue()).isEqualTo(3);
        assertThat(json.path("tokensPerTile").intValue()).isEqualTo(4);
        assertThat(json.path("tilesPerSecond").path("median").doubleValue()).isPositive();
        assertThat(json.path("shareOfPeak").doubleValue()).isBetween(0.0, 1.0);
        assertThat(json.path("imageTokensPerSecond").path("median").doubleValue())
                .isPositive();
        assertThat(json.path("textTokensPerSecond").path("median").doubleValue())
                .isPositive();
        assertThat(Herd.run("bench", "--images", "0").err()).contains("--images must be at least 1, not 0");
    }
}
