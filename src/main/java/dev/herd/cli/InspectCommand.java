package dev.herd.cli;

import dev.herd.runtime.BackendSettings;
import dev.herd.runtime.LoadedModel;
import dev.herd.runtime.ModelSettings;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/** {@code herd inspect}: what is in a checkpoint and what it takes to run it. */
final class InspectCommand implements Command {
    private final Console console;
    private final CommandOptions options = new CommandOptions();

    private final CommandOption<Optional<Path>> model = options.argument(
            "MODEL",
            Path::of,
            "GGUF file (the first one if it is split) or Hugging Face directory; the built-in model if it is left out");
    private final CommandOption<Optional<Path>> mmproj = options.optional(
            "--mmproj",
            "FILE",
            Path::of,
            "GGUF file of the vision tower; the one beside a GGUF model by default, if there is one");
    private final CommandOption<Optional<Integer>> context = options.optional(
            "--context",
            "N",
            CommandOption::integer,
            "length of the sequence for which memory is stated, in tokens (default: what the checkpoint claims, at most "
                    + ModelSettings.DEFAULT_CONTEXT_LIMIT + ")");
    private final CommandOption<Boolean> isJson = options.flag("--json", "print JSON");
    private final CommandOption<Boolean> listsTensors = options.flag("--tensors", "list every tensor");

    InspectCommand(Console console) {
        this.console = console;
    }

    @Override
    public CommandOptions options() {
        return options;
    }

    @Override
    public CommandHelp help() {
        return new CommandHelp(
                "herd inspect [OPTIONS] [MODEL]",
                "Shows what is in a checkpoint and what memory it needs. Reads no more than the files' headers.");
    }

    @Override
    public void run() throws IOException {
        Optional<Integer> length = context.get();
        if (length.isPresent() && length.get() < 1) {
            throw new CommandException("--context must be at least 1, not " + length.get());
        }
        try (LoadedModel loaded = ModelOptions.open(ModelSettings.defaults()
                .withModel(model.get())
                .withMmproj(mmproj.get())
                .withBackend(BackendSettings.CPU))) {
            int tokens = length.orElseGet(
                    () -> Math.min(loaded.checkpoint().config().contextLength(), ModelSettings.DEFAULT_CONTEXT_LIMIT));
            InspectReport report = InspectReport.of(loaded.checkpoint(), tokens, listsTensors.get());
            if (isJson.get()) {
                report.writeJson(console.out());
            } else {
                report.writeText(console.out());
            }
        }
    }
}
