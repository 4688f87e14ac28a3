package dev.herd.cli;

import dev.herd.runtime.BackendSettings;
import dev.herd.runtime.LoadedModel;
import dev.herd.runtime.ModelSettings;
import java.nio.file.Path;
import java.util.Optional;

/** {@code herd warmup}: compiles a GPU's kernels for a model ahead of time, for example into a container image. */
final class WarmupCommand implements Command {
    private static final String BACKEND = "tornado";

    private final Console console;
    private final CommandOptions options = new CommandOptions();

    private final CommandOption<Optional<Path>> model = ModelOptions.model(options);
    private final CommandOption<Path> cache = options.required("--cache", "DIR", Path::of, "where to keep the kernels");

    WarmupCommand(Console console) {
        this.console = console;
    }

    @Override
    public CommandOptions options() {
        return options;
    }

    @Override
    public CommandHelp help() {
        return new CommandHelp(
                "herd warmup [OPTIONS] --cache DIR",
                "Compiles the GPU kernels that a model needs and keeps them in a directory, from which later starts with"
                        + " --kernel-cache take them. Must run with the TornadoVM, driver and GPU of those.");
    }

    @Override
    public void run() {
        ModelSettings settings = ModelSettings.defaults()
                .withModel(model.get())
                .withBackend(new BackendSettings(BACKEND, Optional.of(cache.get())));
        try (LoadedModel loaded = ModelOptions.open(settings)) {
            console.out().println(loaded.description());
        }
    }
}
