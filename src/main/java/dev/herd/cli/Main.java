package dev.herd.cli;

import dev.herd.weights.CheckpointException;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ParameterException;

/**
 * The commands of {@code herd} that need no server. The launcher in the repository's root starts it; {@code serve} and
 * {@code test} are the launcher's own.
 */
@Command(name = "herd", description = "Llama 4 from one Java process.", synopsisSubcommandLabel = "COMMAND")
public final class Main implements Runnable {
    private static final int FAILED = 1;
    private static final int MISUSED = 2;

    private final CommandLine commands;
    private final Console console;

    private Main(Console console, String... arguments) {
        this.console = console;
        this.commands = new CommandLine(this);
        commands(console, arguments.length > 0 ? arguments[0] : "").forEach(commands::addSubcommand);
        for (CommandLine command : commands.getSubcommands().values()) {
            command.addMixin("help", new HelpOption());
        }
        commands.addMixin("help", new HelpOption());
        commands.setOut(new PrintWriter(console.out(), true, StandardCharsets.UTF_8));
        commands.setErr(new PrintWriter(console.err(), true, StandardCharsets.UTF_8));
        commands.setParameterExceptionHandler((failure, _) -> fail(failure.getCommandLine(), failure, MISUSED));
        commands.setExecutionExceptionHandler((failure, command, parsed) -> fail(command, failure, FAILED));
    }

    /** The command of that name, or all if it has none: to read the options of each takes a part of the time of a start. */
    private static List<Object> commands(Console console, String name) {
        return switch (name) {
            case "logits" -> List.of(new LogitsCommand(console));
            case "bench" -> List.of(new BenchCommand(console));
            case "inspect" -> List.of(new InspectCommand(console));
            case "chat" -> List.of(new ChatCommand(console));
            case "warmup" -> List.of(new WarmupCommand(console));
            default ->
                List.of(
                        new LogitsCommand(console),
                        new BenchCommand(console),
                        new InspectCommand(console),
                        new ChatCommand(console),
                        new WarmupCommand(console));
        };
    }

    /** Runs one command and exits with its status. */
    public static void main(String[] arguments) {
        System.exit(run(Console.ofProcess(), arguments));
    }

    /** Runs one command: 0 if it succeeded, 1 if it failed, 2 if it was not understood. */
    static int run(Console console, String... arguments) {
        try {
            return new Main(console, arguments).commands.execute(arguments);
        } catch (OutOfMemoryError e) {
            console.progress().clear();
            console.err()
                    .println("herd: there is not enough memory (" + e.getMessage()
                            + "); a larger heap is set by HERD_JAVA_OPTS=-Xmx4g, a smaller cache by a shorter context");
            return FAILED;
        } finally {
            console.out().flush();
        }
    }

    @Override
    public void run() {
        throw new ParameterException(commands, "a command is missing");
    }

    private int fail(CommandLine command, Exception failure, int status) {
        console.progress().clear();
        console.out().flush();
        String name = command.getCommandSpec().qualifiedName();
        String hint = status == MISUSED ? "; see " + name + " --help" : "";
        console.err().println(name + ": " + sentence(failure) + hint);
        return status;
    }

    /** What went wrong, for the user. Failures that are nobody's expectation keep their class, so that they can be found. */
    private static String sentence(Exception failure) {
        return switch (failure) {
            case NoSuchFileException missing -> "there is no file " + missing.getFile();
            case AccessDeniedException denied -> denied.getFile() + " may not be accessed";
            case UncheckedIOException wrapped -> String.valueOf(wrapped.getMessage());
            case CommandException _, CheckpointException _, IllegalArgumentException _, ParameterException _ ->
                String.valueOf(failure.getMessage());
            case IOException io -> String.valueOf(io.getMessage());
            default -> "unexpected failure: " + failure;
        };
    }

    /** {@code --help} of every command. */
    @Command
    private static final class HelpOption {
        @CommandLine.Option(
                names = {"-h", "--help"},
                usageHelp = true,
                description = "show this")
        @SuppressWarnings("UnusedVariable") // picocli sets it and prints the help itself
        private boolean isHelpRequested;
    }
}
