package dev.herd.cli;

import dev.herd.runtime.BackendSettings;
import dev.herd.runtime.LoadedModel;
import dev.herd.runtime.ModelSettings;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code herd inspect}: what is in a checkpoint and what it takes to run it. */
@Command(
        name = "inspect",
        description = "Shows what is in a checkpoint and what memory it needs. Reads no more than the files' headers.")
final class InspectCommand implements Callable<Integer> {
    private final Console console;

    @Parameters(
            arity = "0..1",
            paramLabel = "MODEL",
            description = "GGUF file (the first one if it is split) or Hugging Face directory; the built-in model if it"
                    + " is left out")
    private Optional<Path> model = Optional.empty();

    @Option(
            names = "--mmproj",
            paramLabel = "FILE",
            description = "GGUF file of the vision tower; the one beside a GGUF model by default, if there is one")
    private Optional<Path> mmproj = Optional.empty();

    @Option(
            names = "--context",
            paramLabel = "N",
            description = "length of the sequence for which memory is stated, in tokens (default: what the checkpoint"
                    + " claims, at most " + ModelSettings.DEFAULT_CONTEXT_LIMIT + ")")
    private Optional<Integer> context = Optional.empty();

    @Option(names = "--json", description = "print JSON")
    private boolean isJson;

    @Option(names = "--tensors", description = "list every tensor")
    private boolean listsTensors;

    InspectCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() throws IOException {
        if (context.isPresent() && context.get() < 1) {
            throw new CommandException("--context must be at least 1, not " + context.get());
        }
        try (LoadedModel loaded = ModelOptions.open(
                ModelSettings.defaults().withModel(model).withMmproj(mmproj).withBackend(BackendSettings.CPU))) {
            int tokens = context.orElseGet(
                    () -> Math.min(loaded.checkpoint().config().contextLength(), ModelSettings.DEFAULT_CONTEXT_LIMIT));
            InspectReport report = InspectReport.of(loaded.checkpoint(), tokens, listsTensors);
            if (isJson) {
                report.writeJson(console.out());
            } else {
                report.writeText(console.out());
            }
        }
        return 0;
    }
}
