package dev.herd.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class CommandOptionsTest {
    private final CommandOptions options = new CommandOptions();
    private final CommandOption<Optional<String>> input =
            options.argument("INPUT", Function.identity(), "what is read");
    private final CommandOption<Integer> size = options.value("--size", "N", CommandOption::integer, "7", "how large")
            .orVariable("SIZE");
    private final CommandOption<Optional<String>> name =
            options.optional("--name", "TEXT", Function.identity(), "a name that nobody needs");
    private final CommandOption<List<String>> files =
            options.list("--file", "FILE", Function.identity(), "files, in order");
    private final CommandOption<Boolean> isLoud = options.flag("--loud", "with noise");

    private boolean read(String... words) {
        return options.read(List.of(words), Map.of());
    }

    @Test
    void nothingGivenLeavesDefaults() {
        assertThat(read()).isFalse();

        assertThat(size.get()).isEqualTo(7);
        assertThat(name.get()).isEmpty();
        assertThat(files.get()).isEmpty();
        assertThat(isLoud.get()).isFalse();
        assertThat(input.get()).isEmpty();
    }

    @Test
    void valuesFollowABlankOrAnEqualsSign() {
        assertThat(read("--size=-3", "--name", "two words", "--loud", "in")).isFalse();

        assertThat(size.get()).isEqualTo(-3);
        assertThat(name.get()).contains("two words");
        assertThat(isLoud.get()).isTrue();
        assertThat(input.get()).contains("in");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "\"quoted\"", "a=b", "--else", "-x", " "})
    void valuesAreTakenAsTheyAre(String value) {
        read("--name=" + value);

        assertThat(name.get()).contains(value);
    }

    @Test
    void listsTakeSeveralWordsSeveralTimes() {
        read("--file", "a", "b", "--loud", "--file=c");

        assertThat(files.get()).containsExactly("a", "b", "c");
    }

    @Test
    void nothingIsAnOptionAfterTwoDashes() {
        read("--loud", "--", "--size");

        assertThat(input.get()).contains("--size");
    }

    @Test
    void variableStandsInForAnOption() {
        options.read(List.of(), Map.of("SIZE", "8"));
        assertThat(size.get()).isEqualTo(8);

        options.read(List.of("--size", "9"), Map.of("SIZE", "8"));
        assertThat(size.get()).isEqualTo(9);

        options.read(List.of(), Map.of("SIZE", ""));
        assertThat(size.get()).isEqualTo(7);
    }

    @Test
    void variableIsNamedWhereItIsWrong() {
        assertThatThrownBy(() -> options.read(List.of(), Map.of("SIZE", "large")))
                .isInstanceOf(MisuseException.class)
                .hasMessage("SIZE: 'large' is not a whole number of 32 bits");
    }

    @Test
    void helpIsWantedWhateverElseIsWrong() {
        assertThat(read("--size", "large", "--help")).isTrue();
        assertThat(read("a", "b", "-h")).isTrue();
    }

    @Test
    void helpHasARowForEachInTheirOrder() {
        CommandHelp help = new CommandHelp(
                        "herd try [OPTIONS] [INPUT]",
                        "Tries a sentence that is " + "longer ".repeat(11) + "than a line.")
                .withFooter("  as it is");

        assertThat(help.text(options.rows())).isEqualTo("""
                Usage: herd try [OPTIONS] [INPUT]

                Tries a sentence that is longer longer longer longer longer longer longer longer
                longer longer longer than a line.

                Options:
                  INPUT           what is read
                  --size N        how large (default: 7) (also SIZE)
                  --name TEXT     a name that nobody needs
                  --file FILE...  files, in order
                  --loud          with noise
                  -h, --help      show this

                  as it is
                """);
    }
}
