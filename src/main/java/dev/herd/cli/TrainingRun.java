package dev.herd.cli;

import dev.herd.kernels.TensorType;
import dev.herd.tokenizer.BuiltInVocabulary;
import dev.herd.weights.BuiltInModel;
import dev.herd.weights.Checkpoint;
import dev.herd.weights.GgufExport;
import java.io.BufferedReader;
import java.io.StringReader;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;

/**
 * What the launcher runs once after a build, so that the JVM keeps in its cache what the commands load, link and compile
 * (docs/adr/0010-start-up.md): every command that needs no GPU, on the built-in model as a GGUF file.
 */
public final class TrainingRun {
    private TrainingRun() {}

    /** Writes the model to the file that the only argument names and trains on it; the status is 0 if all went well. */
    public static void main(String[] arguments) {
        System.exit(run(Console.ofProcess(), Path.of(arguments[0])));
    }

    static int run(Console console, Path model) {
        try (Checkpoint builtIn = BuiltInModel.open(BuiltInVocabulary.get())) {
            GgufExport.write(builtIn, TensorType.Q8_0, model);
        }
        Console oneQuestion =
                new Console(new BufferedReader(new StringReader("Hello!\n")), console.out(), console.err(), Set.of());
        String file = model.toString();
        return List.of(
                        List.of("bench", "--help"),
                        List.of("inspect", file),
                        List.of("logits", "--model", file, "--prompt", "Hello!"),
                        List.of("chat", "--model", file, "--max-tokens", "16"),
                        List.of("bench", "--model", file, "--runs", "1"),
                        List.of("bench", "--model", file, "--prompt", "16", "--random-tokens", "--runs", "10"))
                .stream()
                .mapToInt(words -> Main.run(oneQuestion, words.toArray(String[]::new)))
                .filter(status -> status != 0)
                .findFirst()
                .orElse(0);
    }
}
