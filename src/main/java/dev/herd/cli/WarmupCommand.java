package dev.herd.cli;

import dev.herd.runtime.BackendSettings;
import dev.herd.runtime.LoadedModel;
import dev.herd.runtime.ModelSettings;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code herd warmup}: compiles a GPU's kernels for a model ahead of time, for example into a container image. */
@Command(
        name = "warmup",
        description =
                "Compiles the GPU kernels that a model needs and keeps them in a directory, from which later starts"
                        + " with --kernel-cache take them. Must run with the TornadoVM, driver and GPU of those.")
final class WarmupCommand implements Callable<Integer> {
    private static final String BACKEND = "tornado";

    private final Console console;

    @Option(
            names = "--model",
            paramLabel = "PATH",
            defaultValue = "${env:HERD_MODEL}",
            description = "GGUF file (the first one if it is split) or Hugging Face directory; the built-in model if"
                    + " neither this nor HERD_MODEL is given")
    private Optional<Path> model = Optional.empty();

    @Option(names = "--cache", paramLabel = "DIR", required = true, description = "where to keep the kernels")
    private Path cache = Path.of(".");

    WarmupCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() {
        ModelSettings settings =
                ModelSettings.defaults().withModel(model).withBackend(new BackendSettings(BACKEND, Optional.of(cache)));
        try (LoadedModel loaded = ModelOptions.open(settings)) {
            console.out().println(loaded.description());
        }
        return 0;
    }
}
