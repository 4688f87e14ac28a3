package dev.herd.golden;

import dev.herd.engine.ModelRunner;
import dev.herd.kernels.Floats;
import dev.herd.model.Batch;
import dev.herd.model.BlockTable;
import dev.herd.weights.ModelConfig.LayerKind;
import java.util.ArrayList;
import java.util.List;

/** The likeliest token again and again, driven by hand. */
final class Greedy {
    private Greedy() {}

    static List<Integer> answer(ModelRunner runner, int[] prompt, int count) {
        BlockTable blocks = new BlockTable();
        int next = 0;
        int steps = (prompt.length + count - 1) / runner.kvLayout().blockSize() + 1;
        for (LayerKind kind : LayerKind.values()) {
            for (int i = 0; i < steps * runner.kvLayout().blocksPerStep(kind); i++) {
                blocks.append(kind, next++);
            }
        }
        List<Integer> answer = new ArrayList<>();
        int[] tokens = prompt;
        int position = 0;
        while (answer.size() < count) {
            Floats logits = runner.run(new Batch(List.of(new Batch.Slice(tokens, position, blocks, 1))));
            position += tokens.length;
            tokens = new int[] {likeliest(logits, runner.config().vocabularySize())};
            answer.add(tokens[0]);
        }
        return answer;
    }

    private static int likeliest(Floats logits, int size) {
        int best = 0;
        for (int i = 1; i < size; i++) {
            best = logits.get(i) > logits.get(best) ? i : best;
        }
        return best;
    }
}
