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
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** The options by which every command that runs a model opens it. */
final class ModelOptions {
    @Option(
            names = "--model",
            paramLabel = "PATH",
            defaultValue = "${env:HERD_MODEL}",
            description = "GGUF file (the first one if it is split) or Hugging Face directory; the built-in model if"
                    + " neither this nor HERD_MODEL is given")
    private Optional<Path> model = Optional.empty();

    @Option(
            names = "--mmproj",
            paramLabel = "FILE",
            defaultValue = "${env:HERD_MMPROJ}",
            description = "GGUF file of the vision tower; the one beside a GGUF model by default, if there is one")
    private Optional<Path> mmproj = Optional.empty();

    @Option(
            names = "--threads",
            paramLabel = "N",
            defaultValue = "${env:HERD_THREADS}",
            description = "threads that compute; one per core by default")
    private Optional<Integer> threads = Optional.empty();

    @Option(
            names = "--kernels",
            paramLabel = "NAME",
            defaultValue = "${env:HERD_KERNELS}",
            description = "kernels to compute with; fails if they cannot run on this machine")
    private Optional<String> kernels = Optional.empty();

    @Option(
            names = "--backend",
            paramLabel = "NAME",
            defaultValue = "${env:HERD_BACKEND:-auto}",
            description = "what computes: auto, cpu or tornado; auto takes a GPU if TornadoVM drives one that holds the"
                    + " model")
    private String backend = DeviceSelector.AUTO;

    @Option(
            names = "--kernel-cache",
            paramLabel = "DIR",
            defaultValue = "${env:HERD_KERNEL_CACHE}",
            description = "directory in which a GPU's compiled kernels are kept from one start to the next")
    private Optional<Path> kernelCache = Optional.empty();

    /** The settings that the options ask for, with one running sequence. */
    ModelSettings settings() {
        ModelSettings settings = ModelSettings.defaults()
                .withModel(model)
                .withMmproj(mmproj)
                .withKernels(kernels)
                .withRequests(1, 1)
                .withBackend(new BackendSettings(backend, kernelCache));
        return threads.map(settings::withThreads).orElse(settings);
    }

    /** The device that the options name, or else the one that is taken without being named; the CPU is none. */
    Device device() {
        try {
            return switch (DeviceSelector.select(backend)) {
                case Choice.Take(DeviceProvider provider) -> provider.open(kernelCache, line -> {});
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

    /** Reads {@code f16}, {@code f32} and {@code q8_0}. */
    static final class KvType implements ITypeConverter<TensorType> {
        @Override
        public TensorType convert(String value) {
            return switch (value.toLowerCase(Locale.ROOT)) {
                case "f16" -> TensorType.F16;
                case "f32" -> TensorType.F32;
                case "q8_0" -> TensorType.Q8_0;
                default -> throw new TypeConversionException("'" + value + "' is neither f16, f32 nor q8_0");
            };
        }
    }
}
