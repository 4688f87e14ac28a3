package dev.herd.cli;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * An option of a command, or its argument. It has its value once {@link CommandOptions#read} has read the command line.
 *
 * @param <T> what its words mean
 */
final class CommandOption<T> {
    private final Spelling spelling;
    private final String description;
    private final Function<List<String>, T> meaning;
    private Optional<String> variable = Optional.empty();
    private @Nullable T value;

    /**
     * An option without a value yet.
     *
     * @param meaning takes the words that were given, none if the option was not; throws {@link
     *     IllegalArgumentException} with a message for the user if they mean nothing
     */
    CommandOption(Spelling spelling, String description, Function<List<String>, T> meaning) {
        this.spelling = spelling;
        this.description = description;
        this.meaning = meaning;
    }

    /** Takes the word from this variable of the environment if the command line has none; an empty one is none. */
    CommandOption<T> orVariable(String name) {
        variable = Optional.of(name);
        return this;
    }

    Spelling spelling() {
        return spelling;
    }

    String description() {
        return description + variable.map(name -> " (also " + name + ")").orElse("");
    }

    /** What the command line says. */
    T get() {
        return Objects.requireNonNull(value, "the command line was not read yet");
    }

    void read(List<String> words, Map<String, String> environment) {
        String set = words.isEmpty() ? variable.map(environment::get).orElse("") : "";
        try {
            value = meaning.apply(set.isEmpty() ? words : List.of(set));
        } catch (IllegalArgumentException meaningless) {
            String where = set.isEmpty() ? spelling.name() : variable.orElseThrow();
            throw new MisuseException(where + ": " + meaningless.getMessage());
        }
    }

    /** A number of 32 bits. */
    static Integer integer(String word) {
        return number(word, Integer::valueOf, "a whole number of 32 bits");
    }

    /** A number of 64 bits. */
    static Long longInteger(String word) {
        return number(word, Long::valueOf, "a whole number of 64 bits");
    }

    /** A number with a fraction. */
    static Float real(String word) {
        return number(word, Float::valueOf, "a number");
    }

    private static <N> N number(String word, Function<String, N> parser, String what) {
        try {
            return parser.apply(word);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("'" + word + "' is not " + what, e);
        }
    }

    /**
     * How an option is written.
     *
     * @param name with its dashes
     * @param label what stands for its words in help
     * @param words how many follow its name
     */
    record Spelling(String name, String label, Words words) {
        /** As help shows it. */
        String synopsis() {
            return switch (words) {
                case NONE -> name;
                case ONE -> name + " " + label;
                case SOME -> name + " " + label + "...";
            };
        }
    }

    /** How many words follow the name of an option. */
    enum Words {
        NONE,
        ONE,
        SOME
    }
}
