package dev.herd.runtime;

import dev.herd.guard.PromptGuard;
import dev.herd.kernels.KernelsSelector;
import dev.herd.kernels.Workers;
import dev.herd.model.deberta.Deberta;
import dev.herd.tokenizer.unigram.UnigramTokenizer;
import dev.herd.weights.CheckpointException;
import dev.herd.weights.DebertaCheckpoint;
import dev.herd.weights.DebertaConfig;
import java.nio.file.Path;
import java.util.Optional;

/** A Prompt Guard that is ready to run: checkpoint, tokenizer, threads and classifier. */
final class LoadedClassifier implements AutoCloseable {
    /** Windows computed together: more fill no cache better and take more memory. */
    private static final int MAX_BATCH = 4;

    private final DebertaCheckpoint checkpoint;
    private final Workers workers;
    private final Deberta model;
    private final PromptGuard guard;

    private LoadedClassifier(DebertaCheckpoint checkpoint, String name, Optional<String> kernels, int threads) {
        DebertaConfig config = checkpoint.config();
        PromptGuard.Shape shape = new PromptGuard.Shape(config.maxPositions(), config.labelCount(), MAX_BATCH);
        UnigramTokenizer tokenizer = UnigramTokenizer.read(checkpoint.tokenizerFile());
        this.checkpoint = checkpoint;
        this.workers = new Workers(threads);
        this.model = new Deberta(
                config, checkpoint.weights(), KernelsSelector.select(kernels).kernels(), workers, MAX_BATCH);
        this.guard = new PromptGuard(name, checkpoint.name(), tokenizer, model, shape);
    }

    /**
     * Opens a classifier and tries it out.
     *
     * @throws CheckpointException if there is no usable checkpoint
     * @throws IllegalArgumentException if it tells no attack from a harmless question
     */
    static LoadedClassifier open(Path directory, String name, Optional<String> kernels, int threads) {
        DebertaCheckpoint checkpoint = DebertaCheckpoint.open(directory);
        LoadedClassifier opened;
        try {
            opened = new LoadedClassifier(checkpoint, name, kernels, threads);
        } catch (RuntimeException | Error unusable) {
            checkpoint.close();
            throw unusable;
        }
        try {
            opened.guard.requireSense();
            return opened;
        } catch (RuntimeException | Error senseless) {
            opened.close();
            throw senseless;
        }
    }

    PromptGuard guard() {
        return guard;
    }

    @Override
    public void close() {
        workers.close();
        model.close();
        checkpoint.close();
    }
}
