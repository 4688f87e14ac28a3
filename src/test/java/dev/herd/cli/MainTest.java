package dev.herd.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

final class MainTest {
    @ParameterizedTest
    @ValueSource(strings = {"logits", "bench", "inspect", "chat", "warmup"})
    void everyCommandExplainsItself(String command) {
        Herd herd = Herd.run(command, "--help");

        assertThat(herd.status()).isZero();
        assertThat(herd.out()).startsWith("Usage: herd " + command).contains("-h, --help");
        assertThat(herd.out().lines()).allMatch(line -> line.length() <= 80);
        assertThat(herd.err()).isEmpty();
    }

    @ParameterizedTest
    @MethodSource("misuses")
    void misuseIsOneSentenceAndStatusTwo(List<String> arguments, String complaint) {
        Herd herd = Herd.run(arguments.toArray(String[]::new));

        assertThat(herd.status()).isEqualTo(2);
        assertThat(herd.out()).isEmpty();
        assertThat(herd.err())
                .startsWith("herd")
                .contains(complaint)
                .contains("--help")
                .hasLineCount(1);
    }

    @ParameterizedTest
    @CsvSource({
        "logits --tokens 1 --backend tornado, backend \"tornado\" cannot run: ",
        "warmup --cache kernels, backend \"tornado\" cannot run: ",
        "bench --runs 1 --backend abacus, there is no backend \"abacus\"",
    })
    void aBackendThatCannotRunIsOneSentenceAndStatusOne(String arguments, String complaint) {
        Herd herd = Herd.run(arguments.split(" ", -1));

        assertThat(herd.status()).isEqualTo(1);
        assertThat(herd.out()).isEmpty();
        assertThat(herd.err()).startsWith("herd ").contains(complaint).hasLineCount(1);
    }

    static Stream<Arguments> misuses() {
        return Stream.of(
                arguments(List.of(), "a command is missing"),
                arguments(List.of("logits"), "one is needed of --tokens, --prompt, --tokens-file"),
                arguments(
                        List.of("logits", "--tokens", "1", "--prompt", "a"),
                        "only one is possible of --tokens, --prompt, --tokens-file"),
                arguments(
                        List.of("logits", "--tokens", "1", "--kv-type", "f8"),
                        "--kv-type: 'f8' is neither f16, f32 nor q8_0"),
                arguments(List.of("bench", "--runs", "many"), "--runs: 'many' is not a whole number"),
                arguments(
                        List.of("bench", "--runs=4294967296"), "--runs: '4294967296' is not a whole number of 32 bits"),
                arguments(List.of("chat", "--temperature", "warm"), "--temperature: 'warm' is not a number"),
                arguments(List.of("bench", "--runs"), "--runs needs a value"),
                arguments(List.of("bench", "--runs", "--json"), "--runs needs a value"),
                arguments(List.of("bench", "--runs", "1", "--runs=2"), "--runs is given more than once"),
                arguments(List.of("bench", "--json", "--json"), "--json is given more than once"),
                arguments(List.of("bench", "--json=yes"), "unknown option '--json=yes'"),
                arguments(List.of("bench", "--run", "1"), "unknown option '--run'"),
                arguments(List.of("inspect", "a", "b"), "unexpected argument 'b'"),
                arguments(List.of("bench", "a"), "unexpected argument 'a'"),
                arguments(List.of("chat", "--fast"), "unknown option '--fast'"),
                arguments(List.of("warmup"), "--cache is missing"),
                arguments(List.of("fly"), "there is no command 'fly'"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"logits --tokens 1", "bench --runs 1", "chat"})
    void missingModelIsOneSentenceAndStatusOne(String arguments) {
        Herd herd = Herd.run((arguments + " --model no-such-model.gguf").split(" ", -1));

        assertThat(herd.status()).isEqualTo(1);
        assertThat(herd.out()).isEmpty();
        assertThat(herd.err()).contains("no-such-model.gguf").hasLineCount(1);
    }

    @Test
    void unknownKernelsAreOneSentence() {
        Herd herd = Herd.run("logits", "--tokens", "1", "--kernels", "abacus");

        assertThat(herd.status()).isEqualTo(1);
        assertThat(herd.err()).contains("abacus").hasLineCount(1);
    }

    @ParameterizedTest
    @CsvSource({"0, 0 B", "1023, 1023 B", "1024, 1.00 KiB", "1207959552, 1.13 GiB", "51539607552, 48.0 GiB"})
    void sizesAreReadable(long bytes, String text) {
        assertThat(Sizes.text(bytes)).isEqualTo(text);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {"999|999", "12345|12,345", "2500000|2,500,000 (2.5 M)", "107769861120|107,769,861,120 (107.77 B)"})
    void countsAreReadable(long count, String text) {
        assertThat(Sizes.count(count)).isEqualTo(text);
    }
}
