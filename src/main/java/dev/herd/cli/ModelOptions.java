package dev.herd.cli;

import dev.herd.kernels.TensorType;
import dev.herd.kernels.device.Device;
import dev.herd.kernels.device.DeviceProvider;
import dev.herd.kernels.device.DeviceSelector;
import dev.herd.kernels.device.DeviceSelector.Choice;
import dev.herd.runtime.BackendSettings;
import dev.herd.runtime.LoadedModel;
import dev.herd.runtime.ModelSettings;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;

/** The options by which every command that runs a model opens it. */
final class ModelOptions {
    private final CommandOption<Optional<Path>> model;
    private final CommandOption<Optional<Path>> mmproj;
    private final CommandOption<Optional<Integer>> threads;
    private final CommandOption<Optional<String>> kernels;
    private final CommandOption<String> backend;
    private final CommandOption<Optional<Path>> kernelCache;

    ModelOptions(CommandOptions options) {
        model = model(options);
        mmproj = options.optional(
                        "--mmproj",
                        "FILE",
                        Path::of,
                        "GGUF file of the vision tower; the one beside a GGUF model by default, if there is one")
                .orVariable("HERD_MMPROJ");
        threads = options.optional(
                        "--threads", "N", CommandOption::integer, "threads that compute; one per core by default")
                .orVariable("HERD_THREADS");
        kernels = options.optional(
                        "--kernels",
                        "NAME",
                        Function.identity(),
                        "kernels to compute with; fails if they cannot run on this machine")
                .orVariable("HERD_KERNELS");
        backend = options.value(
                        "--backend",
                        "NAME",
                        Function.identity(),
                        DeviceSelector.AUTO,
                        "what computes: auto, cpu or tornado; auto takes a GPU if TornadoVM drives one that holds the"
                                + " model")
                .orVariable("HERD_BACKEND");
        kernelCache = options.optional(
                        "--kernel-cache",
                        "DIR",
                        Path::of,
                        "directory in which a GPU's compiled kernels are kept from one start to the next")
                .orVariable("HERD_KERNEL_CACHE");
    }

    /** {@code --model}, which other commands have without the rest. */
    static CommandOption<Optional<Path>> model(CommandOptions options) {
        return options.optional(
                        "--model",
                        "PATH",
                        Path::of,
                        "GGUF file (the first one if it is split) or Hugging Face directory; the built-in model by"
                                + " default")
                .orVariable("HERD_MODEL");
    }

    /** {@code --kv-type}, which each command explains in its own words. */
    static CommandOption<TensorType> kvType(CommandOptions options, String defaultType, String description) {
        return options.value(
                "--kv-type", "TYPE", ModelOptions::kvType, defaultType, description + ": f32, f16 or q8_0");
    }

    /** The settings that the options ask for, with one running sequence. */
    ModelSettings settings() {
        ModelSettings settings = ModelSettings.defaults()
                .withModel(model.get())
                .withMmproj(mmproj.get())
                .withKernels(kernels.get())
                .withRequests(1, 1)
                .withBackend(new BackendSettings(backend.get(), kernelCache.get()));
        return threads.get().map(settings::withThreads).orElse(settings);
    }

    /**
     * The device that the options name, or else the one that is taken without being named; the CPU is none.
     *
     * @param log gets what there is to say of its start, line by line
     */
    Device device(Consumer<String> log) {
        try {
            return switch (DeviceSelector.select(backend.get())) {
                case Choice.Take(DeviceProvider provider) -> provider.open(kernelCache.get(), log);
                case Choice.Cpu(Optional<String> reason) ->
                    throw new CommandException("there is no device to measure: " + reason.orElse("the CPU was chosen"));
            };
        } catch (IllegalStateException cannotRun) {
            throw new CommandException(String.valueOf(cannotRun.getMessage()), cannotRun);
        }
    }

    /** Opens a model; kernels or a backend that were asked for and cannot run here are told in a sentence. */
    static LoadedModel open(ModelSettings settings) {
        try {
            return LoadedModel.open(settings);
        } catch (IllegalStateException cannotRun) {
            throw new CommandException(String.valueOf(cannotRun.getMessage()), cannotRun);
        }
    }

    private static TensorType kvType(String word) {
        return switch (word.toLowerCase(Locale.ROOT)) {
            case "f16" -> TensorType.F16;
            case "f32" -> TensorType.F32;
            case "q8_0" -> TensorType.Q8_0;
            default -> throw new IllegalArgumentException("'" + word + "' is neither f16, f32 nor q8_0");
        };
    }
}
