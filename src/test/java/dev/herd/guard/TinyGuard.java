package dev.herd.guard;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.herd.chat.PictureTokens;
import dev.herd.engine.CpuModelRunner;
import dev.herd.engine.Engine;
import dev.herd.engine.EngineConfig;
import dev.herd.golden.Golden;
import dev.herd.kernels.KernelsSelector;
import dev.herd.kernels.TensorType;
import dev.herd.tokenizer.Tokenizer;
import dev.herd.tokenizer.Tokenizers;
import dev.herd.weights.Checkpoint;
import dev.herd.weights.Checkpoints;
import dev.herd.weights.Vocabulary;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;

/** A tiny random checkpoint whose vocabulary has both verdicts, on an engine of its own. */
final class TinyGuard implements AutoCloseable {
    static final int CONTEXT = 1500;
    private static final int UNSAFE = 720; // no token of the fixture has this id

    final Checkpoint checkpoint;
    final Tokenizer tokenizer;
    final BiasedRunner runner;
    final Engine engine;

    /** The fixture {@code name}, with the vocabulary as a file in {@code folder}. */
    TinyGuard(String name, Path folder) throws IOException {
        checkpoint = Checkpoints.open(Golden.folder(name));
        tokenizer = Tokenizers.of(new Vocabulary.TokenizerJson(vocabulary(folder)));
        runner = new BiasedRunner(new CpuModelRunner(
                checkpoint,
                KernelsSelector.select(Optional.empty()).kernels(),
                2,
                new CpuModelRunner.Limits(256, 16, TensorType.F32, 1L << 28)));
        engine = new Engine(runner, new EngineConfig(CONTEXT, 4, 64, 200), System::nanoTime);
        engine.start();
    }

    /** The fixture's vocabulary with both verdicts, as a file in {@code folder}. */
    static Path vocabulary(Path folder) throws IOException {
        ObjectMapper json = new ObjectMapper();
        ObjectNode root = (ObjectNode)
                json.readTree(Golden.folder("guard").resolve("tokenizer.json").toFile());
        ((ObjectNode) root.at("/model/vocab")).put("unsafe", UNSAFE);
        ((ArrayNode) root.at("/model/merges")).addArray().add("un").add("safe");
        Path file = folder.resolve("tokenizer.json");
        Files.writeString(file, root.toString());
        return file;
    }

    LlamaGuard.Model model() {
        return new LlamaGuard.Model(
                "tiny",
                engine,
                tokenizer,
                runner.vision().map(tower -> new PictureTokens(tokenizer, tower.tokensPerTile())),
                runner.vision().map(tower -> tower.tileSize()).orElse(0),
                Set.of(tokenizer.special("<|eot|>").orElseThrow()),
                CONTEXT);
    }

    LlamaGuard guard(LlamaGuard.ScoreMode mode) {
        return new LlamaGuard("llama-guard-4", "lg4-hf", model(), mode);
    }

    /** The one token of a text. */
    int id(String text) {
        int[] ids = tokenizer.encode(text);
        if (ids.length != 1) {
            throw new IllegalArgumentException(text);
        }
        return ids[0];
    }

    @Override
    public void close() {
        engine.close();
        runner.close();
        checkpoint.close();
    }
}
