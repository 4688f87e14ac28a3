package dev.herd.cli;

import dev.herd.weights.CheckpointException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.util.List;

/**
 * The commands of {@code herd} that need no server. The launcher in the repository's root starts it; {@code serve} and
 * {@code test} are the launcher's own.
 */
public final class Main {
    private static final int FAILED = 1;
    private static final int MISUSED = 2;
    private static final List<String> NAMES = List.of("chat", "inspect", "logits", "bench", "warmup");

    private Main() {}

    private static Command command(String name, Console console) {
        return switch (name) {
            case "chat" -> new ChatCommand(console);
            case "inspect" -> new InspectCommand(console);
            case "logits" -> new LogitsCommand(console);
            case "bench" -> new BenchCommand(console);
            case "warmup" -> new WarmupCommand(console);
            default -> throw new MisuseException("there is no command '" + name + "'");
        };
    }

    /** Runs one command and exits with its status. */
    public static void main(String[] arguments) {
        System.exit(run(Console.ofProcess(), arguments));
    }

    /** Runs one command: 0 if it succeeded, 1 if it failed, 2 if it was not understood. */
    static int run(Console console, String... arguments) {
        String name = arguments.length > 0 && NAMES.contains(arguments[0]) ? "herd " + arguments[0] : "herd";
        try {
            run(console, List.of(arguments));
            return 0;
        } catch (MisuseException misuse) {
            fail(console, name, misuse.getMessage() + "; see " + name + " --help");
            return MISUSED;
        } catch (OutOfMemoryError e) {
            fail(
                    console,
                    "herd",
                    "there is not enough memory (" + e.getMessage()
                            + "); a larger heap is set by HERD_JAVA_OPTS=-Xmx4g, a smaller cache by a shorter context");
            return FAILED;
        } catch (Exception failure) {
            fail(console, name, sentence(failure));
            return FAILED;
        } finally {
            console.out().flush();
        }
    }

    private static void run(Console console, List<String> words) throws IOException {
        if (words.isEmpty()) {
            throw new MisuseException("a command is missing");
        }
        if (List.of("-h", "--help").contains(words.getFirst())) {
            console.out()
                    .print("Usage: herd COMMAND [OPTIONS]\n\nCommands, each with --help: " + String.join(", ", NAMES)
                            + "\n");
            return;
        }
        Command command = command(words.getFirst(), console);
        CommandOptions options = command.options();
        if (options.read(words.subList(1, words.size()), System.getenv())) {
            console.out().print(command.help().text(options.rows()));
        } else {
            command.run();
        }
    }

    private static void fail(Console console, String name, String sentence) {
        console.progress().clear();
        console.out().flush();
        console.err().println(name + ": " + sentence);
    }

    /** What went wrong, for the user. Failures that are nobody's expectation keep their class, so that they can be found. */
    private static String sentence(Exception failure) {
        return switch (failure) {
            case NoSuchFileException missing -> "there is no file " + missing.getFile();
            case AccessDeniedException denied -> denied.getFile() + " may not be accessed";
            case UncheckedIOException wrapped -> String.valueOf(wrapped.getMessage());
            case CommandException _, CheckpointException _, IllegalArgumentException _ ->
                String.valueOf(failure.getMessage());
            case IOException io -> String.valueOf(io.getMessage());
            default -> "unexpected failure: " + failure;
        };
    }
}
