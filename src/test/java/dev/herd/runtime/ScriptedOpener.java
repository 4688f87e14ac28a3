package dev.herd.runtime;

import dev.herd.tokenizer.BuiltInVocabulary;
import dev.herd.weights.BuiltInModel;
import dev.herd.weights.Checkpoint;
import jakarta.enterprise.inject.Alternative;
import jakarta.inject.Singleton;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** Opens the built-in checkpoint with a {@link ScriptedRunner} in place of the CPU's. */
@Alternative
@Singleton
public class ScriptedOpener implements ModelOpener {
    private final CompletableFuture<ScriptedRunner> runner = new CompletableFuture<>();
    private final CompletableFuture<LoadedModel> model = new CompletableFuture<>();

    @Override
    public LoadedModel open(ModelSettings settings) {
        Checkpoint checkpoint = BuiltInModel.open(BuiltInVocabulary.get());
        LoadedModel opened = LoadedModel.open(
                checkpoint,
                settings,
                limits -> {
                    ScriptedRunner scripted = new ScriptedRunner(checkpoint.config(), limits);
                    runner.complete(scripted);
                    return scripted;
                },
                List.of());
        model.complete(opened);
        return opened;
    }

    /** The runner; waits for it. */
    public ScriptedRunner runner() {
        return runner.join();
    }

    /** The model; waits for it. */
    public LoadedModel model() {
        return model.join();
    }

    /** Every sequence says {@code text} and stops. */
    public void say(String text) {
        runner().say(script(text));
    }

    /** The next sequence that begins says {@code text} and stops. */
    public void sayNext(String text) {
        runner().sayNext(script(text));
    }

    private int[] script(String text) {
        int[] tokens = model().tokenizer().encode(text);
        int[] script = Arrays.copyOf(tokens, tokens.length + 1);
        script[tokens.length] = model().tokenizer().special("<|eot|>").orElseThrow();
        return script;
    }
}
