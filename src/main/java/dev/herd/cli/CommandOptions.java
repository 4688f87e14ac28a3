package dev.herd.cli;

import dev.herd.cli.CommandOption.Spelling;
import dev.herd.cli.CommandOption.Words;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.DefaultParser;
import org.apache.commons.cli.MissingArgumentException;
import org.apache.commons.cli.Option;
import org.apache.commons.cli.Options;
import org.apache.commons.cli.ParseException;
import org.apache.commons.cli.UnrecognizedOptionException;

/**
 * The options of a command, in the order of its help: a command declares each once and keeps what it gets, from which it
 * reads the value later. Every command has {@code --help}.
 */
final class CommandOptions {
    private static final String HELP = "help";

    private final List<CommandOption<?>> options = new ArrayList<>();
    private Optional<CommandOption<?>> argument = Optional.empty();
    private List<CommandOption<? extends Optional<?>>> alternatives = List.of();

    /** An option that is there or not. */
    CommandOption<Boolean> flag(String name, String description) {
        return add(new Spelling(name, "", Words.NONE), description, words -> !words.isEmpty());
    }

    /** An option that has a value even if it is not given. */
    <T> CommandOption<T> value(
            String name, String label, Function<String, T> meaning, String defaultWord, String description) {
        return add(
                new Spelling(name, label, Words.ONE),
                description + " (default: " + defaultWord + ")",
                words -> meaning.apply(words.isEmpty() ? defaultWord : words.getFirst()));
    }

    /** An option that must be given. */
    <T> CommandOption<T> required(String name, String label, Function<String, T> meaning, String description) {
        return add(new Spelling(name, label, Words.ONE), description, words -> {
            if (words.isEmpty()) {
                throw new MisuseException(name + " is missing");
            }
            return meaning.apply(words.getFirst());
        });
    }

    /** An option that may be left out. */
    <T> CommandOption<Optional<T>> optional(
            String name, String label, Function<String, T> meaning, String description) {
        return add(
                new Spelling(name, label, Words.ONE),
                description,
                words -> words.stream().map(meaning).findFirst());
    }

    /** An option that may be given several times, each time with several words. */
    <T> CommandOption<List<T>> list(String name, String label, Function<String, T> meaning, String description) {
        return add(
                new Spelling(name, label, Words.SOME),
                description,
                words -> words.stream().map(meaning).toList());
    }

    /** The one word that needs no option; it may be left out. */
    <T> CommandOption<Optional<T>> argument(String label, Function<String, T> meaning, String description) {
        CommandOption<Optional<T>> only = new CommandOption<>(
                new Spelling(label, "", Words.NONE),
                description,
                words -> words.stream().map(meaning).findFirst());
        argument = Optional.of(only);
        return only;
    }

    /** Demands one of these options and no more. */
    void requireOneOf(List<CommandOption<? extends Optional<?>>> choices) {
        alternatives = List.copyOf(choices);
    }

    private <T> CommandOption<T> add(Spelling spelling, String description, Function<List<String>, T> meaning) {
        CommandOption<T> option = new CommandOption<>(spelling, description, meaning);
        options.add(option);
        return option;
    }

    /**
     * Gives every option its value.
     *
     * @return whether help is wanted instead; then no option has a value
     * @throws MisuseException if the words are not what the command takes
     */
    boolean read(List<String> words, Map<String, String> environment) {
        CommandLine line = parse(words);
        if (line.hasOption(HELP)) {
            return true;
        }
        Set<String> seen = new HashSet<>();
        for (Option given : line.getOptions()) {
            if (!seen.add(given.getLongOpt()) && given.getArgs() != Option.UNLIMITED_VALUES) {
                throw new MisuseException("--" + given.getLongOpt() + " is given more than once");
            }
        }
        for (CommandOption<?> option : options) {
            option.read(words(line, option.spelling()), environment);
        }
        List<String> others = line.getArgList();
        if (others.size() > (argument.isPresent() ? 1 : 0)) {
            throw new MisuseException("unexpected argument '" + others.getLast() + "'");
        }
        argument.ifPresent(option -> option.read(others, environment));
        requireAlternative();
        return false;
    }

    private void requireAlternative() {
        long given =
                alternatives.stream().filter(option -> option.get().isPresent()).count();
        if (!alternatives.isEmpty() && given != 1) {
            String names = alternatives.stream()
                    .map(option -> option.spelling().name())
                    .collect(Collectors.joining(", "));
            throw new MisuseException((given == 0 ? "one is needed of " : "only one is possible of ") + names);
        }
    }

    private static List<String> words(CommandLine line, Spelling spelling) {
        String name = longName(spelling);
        if (spelling.words() == Words.NONE) {
            return line.hasOption(name) ? List.of(name) : List.of();
        }
        String[] words = line.getOptionValues(name);
        return words == null ? List.of() : Arrays.asList(words);
    }

    private CommandLine parse(List<String> words) {
        Options known = new Options();
        known.addOption(Option.builder("h").longOpt(HELP).get());
        for (CommandOption<?> option : options) {
            Option.Builder builder = Option.builder().longOpt(longName(option.spelling()));
            switch (option.spelling().words()) {
                case NONE -> {}
                case ONE -> builder.hasArg();
                case SOME -> builder.hasArgs();
            }
            known.addOption(builder.get());
        }
        DefaultParser parser = DefaultParser.builder()
                .setAllowPartialMatching(false)
                .setStripLeadingAndTrailingQuotes(false)
                .get();
        try {
            return parser.parse(known, words.toArray(String[]::new));
        } catch (UnrecognizedOptionException unknown) {
            throw new MisuseException("unknown option '" + unknown.getOption() + "'");
        } catch (MissingArgumentException missing) {
            throw new MisuseException("--" + missing.getOption().getLongOpt() + " needs a value");
        } catch (ParseException other) {
            throw new MisuseException(String.valueOf(other.getMessage()));
        }
    }

    private static String longName(Spelling spelling) {
        return spelling.name().substring("--".length());
    }

    /** One row each for the argument, the options and {@code --help}. */
    List<CommandHelp.Row> rows() {
        List<CommandHelp.Row> rows = new ArrayList<>();
        argument.ifPresent(only -> rows.add(new CommandHelp.Row(only.spelling().synopsis(), only.description())));
        for (CommandOption<?> option : options) {
            rows.add(new CommandHelp.Row(option.spelling().synopsis(), option.description()));
        }
        rows.add(new CommandHelp.Row("-h, --" + HELP, "show this"));
        return rows;
    }
}
