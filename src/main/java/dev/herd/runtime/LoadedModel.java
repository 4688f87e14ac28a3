package dev.herd.runtime;

import com.sun.management.OperatingSystemMXBean;
import dev.herd.chat.PictureTokens;
import dev.herd.chat.PromptFormat;
import dev.herd.engine.CpuModelRunner;
import dev.herd.engine.Engine;
import dev.herd.engine.EngineConfig;
import dev.herd.engine.ModelRunner;
import dev.herd.tokenizer.BuiltInVocabulary;
import dev.herd.tokenizer.Tokenizer;
import dev.herd.tokenizer.Tokenizers;
import dev.herd.weights.BuiltInModel;
import dev.herd.weights.Checkpoint;
import dev.herd.weights.CheckpointException;
import dev.herd.weights.Checkpoints;
import dev.herd.weights.ModelConfig;
import dev.herd.weights.ModelConfig.LayerKind;
import dev.herd.weights.VisionConfig;
import dev.herd.weights.Vocabulary;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A model that is ready to run: checkpoint, tokenizer, kernels, runner and engine. The server and the command line open
 * models in this way only. The engine is not started: call {@link Engine#start}, or drive it with {@link Engine#step}.
 */
public final class LoadedModel implements AutoCloseable {
    private final Checkpoint checkpoint;
    private final ModelRunner runner;
    private final Engine engine;
    private final KvBudget budget;
    private final StepLimits steps;
    private final ModelSettings settings;
    private final List<String> remarks;
    private @Nullable Tokenizer tokenizer; // once it was asked for

    private LoadedModel(Checkpoint checkpoint, ModelSettings settings, Runners.Chosen chosen) {
        this.checkpoint = checkpoint;
        this.runner = chosen.runner();
        this.budget = chosen.budget();
        this.settings = settings;
        this.steps = chosen.steps();
        this.engine = new Engine(
                runner,
                new EngineConfig(
                        budget.contextLength(),
                        steps.maxRunning(),
                        settings.maxQueued(),
                        steps.prefillSlice(),
                        settings.imageCacheBytes()),
                System::nanoTime);
        List<String> all = new ArrayList<>(chosen.remarks());
        budget.remark().ifPresent(all::add);
        this.remarks = List.copyOf(all);
    }

    /**
     * Opens a model.
     *
     * @throws CheckpointException if there is no usable checkpoint
     * @throws IllegalArgumentException if the settings do not fit the model or the machine
     * @throws IllegalStateException if the kernels or the backend that the settings demand cannot run here
     */
    public static LoadedModel open(ModelSettings settings) {
        return open(settings, () -> {});
    }

    /**
     * The same.
     *
     * @param beforeDevice runs before a device is asked for its memory, if one may take the model: waits for those who come first
     */
    static LoadedModel open(ModelSettings settings, Runnable beforeDevice) {
        Checkpoint checkpoint = checkpoint(settings);
        try {
            return loaded(checkpoint, settings, Runners.choose(checkpoint, settings, machineBytes(), beforeDevice));
        } catch (RuntimeException | Error failure) {
            checkpoint.close();
            throw failure;
        }
    }

    private static Checkpoint checkpoint(ModelSettings settings) {
        if (settings.model().isPresent()) {
            return Checkpoints.open(settings.model().get(), settings.mmproj());
        }
        if (settings.mmproj().isPresent()) {
            throw new IllegalArgumentException(
                    "mmproj " + settings.mmproj().get() + " goes with a model in a GGUF file, but no model is named");
        }
        return BuiltInModel.open(BuiltInVocabulary.get());
    }

    /** A model with any runner. The checkpoint stays the caller's to close if this fails. */
    static LoadedModel open(
            Checkpoint checkpoint, ModelSettings settings, RunnerFactory runners, List<String> remarks) {
        KvBudget budget = KvBudget.of(checkpoint.config(), settings, machineBytes());
        ModelRunner runner = runners.create(Runners.limits(settings, StepLimits.OF_CPU, budget));
        return loaded(
                checkpoint, settings, new Runners.Chosen(runner, budget, settings.steps(StepLimits.OF_CPU), remarks));
    }

    private static LoadedModel loaded(Checkpoint checkpoint, ModelSettings settings, Runners.Chosen chosen) {
        try {
            return new LoadedModel(checkpoint, settings, chosen);
        } catch (RuntimeException | Error failure) {
            chosen.runner().close();
            throw failure;
        }
    }

    private static long machineBytes() {
        return ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class).getTotalMemorySize();
    }

    /** The files and what they say. */
    public Checkpoint checkpoint() {
        return checkpoint;
    }

    /** Name of the model. */
    public String name() {
        return checkpoint.name();
    }

    /**
     * The checkpoint's tokenizer; empty if it has none. It is made when it is first asked for, which takes a part of the
     * time of a start and is not needed to run token ids.
     *
     * @throws CheckpointException if the vocabulary is not usable
     */
    public synchronized Optional<Tokenizer> findTokenizer() {
        if (tokenizer == null && !(checkpoint.vocabulary() instanceof Vocabulary.None)) {
            tokenizer = Tokenizers.of(checkpoint.vocabulary());
        }
        return Optional.ofNullable(tokenizer);
    }

    /**
     * The checkpoint's tokenizer.
     *
     * @throws CheckpointException if it has none
     */
    public Tokenizer tokenizer() {
        return findTokenizer()
                .orElseThrow(() -> new CheckpointException(
                        checkpoint.name() + ": has no tokenizer, so it can only be run on token ids"));
    }

    /**
     * How conversations become prompts.
     *
     * @throws CheckpointException if the checkpoint has no tokenizer, or one without the tokens of a conversation
     */
    public PromptFormat promptFormat() {
        try {
            return new PromptFormat(tokenizer(), pictureTokens());
        } catch (IllegalArgumentException lacking) {
            throw new CheckpointException(checkpoint.name() + ": " + lacking.getMessage(), lacking);
        }
    }

    /**
     * How pictures stand in prompts; empty if the model sees none.
     *
     * @throws IllegalArgumentException if the vocabulary lacks a token for them; the message names it
     */
    public Optional<PictureTokens> pictureTokens() {
        return vision().map(tower -> new PictureTokens(tokenizer(), tower.tokensPerTile()));
    }

    /** Ids that end an answer: the checkpoint's and the prompt format's. */
    public Set<Integer> stopTokens() {
        Set<Integer> stopTokens = new HashSet<>(checkpoint.generationDefaults().stopTokens());
        stopTokens.addAll(promptFormat().stopTokens());
        return stopTokens;
    }

    /** What runs batches; the engine's thread uses it once the engine has been started. */
    public ModelRunner runner() {
        return runner;
    }

    /** The model's vision tower; empty if it sees no pictures. */
    public Optional<VisionConfig> vision() {
        return runner.vision();
    }

    /** What answers requests. */
    public Engine engine() {
        return engine;
    }

    /** Requests that may run and wait together. */
    int requestLimit() {
        return Math.addExact(steps.maxRunning(), settings.maxQueued());
    }

    /** Tokens of the longest prompt and answer together. */
    public int contextLength() {
        return budget.contextLength();
    }

    /** Bytes for keys and values. */
    public long kvBytes() {
        return budget.kvBytes();
    }

    /** One line for the log: model, architecture, backend, context, memory. */
    public String description() {
        return line(runner.description());
    }

    /** What of it decides which answer a seed gives: the same at every start. */
    public String identity() {
        return line(runner.identity());
    }

    private String line(String ofRunner) {
        return checkpoint.name() + ": " + architecture(checkpoint.config()) + tower() + "; " + ofRunner
                + "; context " + contextLength() + "; key/value memory " + KvBudget.readable(kvBytes()) + " "
                + settings.kvType();
    }

    /** What the user should know beyond that, one sentence each: kernels that cannot run here, a shortened context. */
    public List<String> remarks() {
        return remarks;
    }

    /** Says which file the tower is from if nobody asked for it. */
    private String tower() {
        if (vision().isEmpty()) {
            return "";
        }
        VisionConfig config = vision().get();
        String found = checkpoint
                .visionFile()
                .map(file -> " from " + file.getFileName())
                .orElse("");
        return "; vision tower" + found + " of " + config.layerCount() + " layers, width " + config.hiddenSize()
                + ", tiles of " + config.tileSize() + " pixels";
    }

    private static String architecture(ModelConfig config) {
        String experts = config.expertCount() == 0
                ? "dense"
                : config.expertCount() + " experts in "
                        + config.layers().stream()
                                .filter(ModelConfig.Layer::isMoe)
                                .count()
                        + " layers";
        return config.layerCount() + " layers (" + config.layerCount(LayerKind.LOCAL) + " local, "
                + config.layerCount(LayerKind.GLOBAL) + " global), width " + config.hiddenSize() + ", " + experts;
    }

    /** Cancels what is running and gives all memory back. */
    @Override
    public void close() {
        engine.close();
        runner.close();
        checkpoint.close();
    }

    /** Makes the runner once the limits are known. */
    @FunctionalInterface
    interface RunnerFactory {
        ModelRunner create(CpuModelRunner.Limits limits);
    }
}
