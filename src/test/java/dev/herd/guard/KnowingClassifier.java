package dev.herd.guard;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.herd.golden.Golden;
import dev.herd.golden.TensorFile;
import dev.herd.tokenizer.unigram.UnigramTokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * A Prompt Guard in miniature whose judgement is known: a checkpoint of the {@code deberta} fixture's shape whose weights
 * were written by hand. It counts the tokens that an attack has and a question about the weather has not.
 */
public final class KnowingClassifier {
    private static final int HIDDEN = 16;
    private static final int VOCABULARY = 130;
    private static final String LAYERS = "deberta.encoder.layer.";

    private KnowingClassifier() {}

    /** Writes the checkpoint into a folder, which then is one that {@code herd.guard.prompt-guard} may name. */
    public static void write(Path folder) throws IOException {
        write(folder, 20);
    }

    /**
     * The same.
     *
     * @param weight of what it has counted; 0 for a classifier without its head
     */
    public static void write(Path folder, float weight) throws IOException {
        Path vocabulary = Golden.folder("unigram").resolve("deberta.json");
        Files.copy(vocabulary, folder.resolve("tokenizer.json"));
        ObjectMapper json = new ObjectMapper();
        ObjectNode config = (ObjectNode)
                json.readTree(Golden.folder("deberta").resolve("config.json").toFile());
        config.put("vocab_size", VOCABULARY).put("max_position_embeddings", 64);
        Files.writeString(folder.resolve("config.json"), config.toString());
        TensorFile tensors = TensorFile.of("deberta");
        tensors.fill(name -> true, 0);
        tensors.fill(name -> name.endsWith("LayerNorm.weight"), 1);
        judge(tensors, UnigramTokenizer.read(vocabulary), weight);
        tensors.write(folder.resolve("model.safetensors"));
    }

    /*
     * Every token is one of two patterns that no layer norm changes and that are at right angles: the attack's alternates,
     * the others' is one half and the other. Attention looks at all alike, and brings the share of the attack's.
     */
    private static void judge(TensorFile tensors, UnigramTokenizer tokenizer, float weight) {
        Set<Integer> attack = ids(tokenizer, PromptGuard.ATTACK);
        attack.removeAll(ids(tokenizer, PromptGuard.WEATHER));
        float[] embedding = tensors.resize("deberta.embeddings.word_embeddings.weight", VOCABULARY, HIDDEN);
        float[] value = tensors.get(LAYERS + "0.attention.self.value_proj.weight");
        float[] output = tensors.get(LAYERS + "0.attention.output.dense.weight");
        float[] pooler = tensors.get("pooler.dense.weight");
        for (int i = 0; i < HIDDEN; i++) {
            int alternating = i % 2 == 0 ? 1 : -1;
            int half = i < HIDDEN / 2 ? 1 : -1;
            for (int token = 0; token < VOCABULARY; token++) {
                embedding[token * HIDDEN + i] = attack.contains(token) ? alternating : half;
            }
            value[i] = (float) alternating / HIDDEN;
            output[i * HIDDEN] = 20 * alternating;
            pooler[i] = (float) alternating / HIDDEN;
        }
        tensors.get("classifier.weight")[HIDDEN] = weight;
        tensors.get("classifier.bias")[1] = -weight / 3;
    }

    private static Set<Integer> ids(UnigramTokenizer tokenizer, String text) {
        return Arrays.stream(tokenizer.encode(text).ids()).boxed().collect(Collectors.toSet());
    }
}
