package dev.herd.model;

import dev.herd.weights.ModelConfig;
import dev.herd.weights.ModelConfig.LayerKind;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;

/** A sequence of a test: hands out fresh blocks and drops those that can never be attended again. */
final class TestSequence {
    private final ModelConfig config;
    private final KvLayout layout;
    private final BlockIds ids;
    private final BlockTable blocks = new BlockTable();
    private int position;
    private int droppedSteps;

    TestSequence(ModelConfig config, KvLayout layout, BlockIds ids) {
        this.config = config;
        this.layout = layout;
        this.ids = ids;
    }

    /** The next tokens as a slice. */
    Batch.Slice slice(int[] tokens, int logitRows) {
        for (LayerKind kind : LayerKind.values()) {
            int perStep = layout.blocksPerStep(kind);
            int steps = (position + tokens.length - 1) / layout.blockSize() + 1;
            while (blocks.size(kind) < steps * perStep) {
                blocks.append(kind, ids.take());
            }
        }
        Batch.Slice slice = new Batch.Slice(tokens, position, blocks, logitRows);
        position += tokens.length;
        return slice;
    }

    /** Gives back what the next token cannot see, as the scheduler does; returns how many blocks that were. */
    int dropUnseen() {
        int firstNeeded = config.firstVisible(LayerKind.LOCAL, position);
        int perStep = layout.blocksPerStep(LayerKind.LOCAL);
        int count = 0;
        for (; (droppedSteps + 1) * layout.blockSize() <= firstNeeded; droppedSteps++) {
            for (int unit = 0; unit < perStep; unit++) {
                ids.giveBack(blocks.drop(LayerKind.LOCAL, droppedSteps * perStep + unit));
                count++;
            }
        }
        return count;
    }

    /** Ids in an order that is neither sorted nor contiguous. */
    static final class BlockIds {
        private final ArrayDeque<Integer> free = new ArrayDeque<>();

        BlockIds(int count, long seed) {
            List<Integer> all = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                all.add(i);
            }
            Collections.shuffle(all, new Random(seed));
            free.addAll(all);
        }

        int take() {
            return free.removeFirst();
        }

        void giveBack(int id) {
            free.addFirst(id);
        }

        int freeCount() {
            return free.size();
        }
    }
}
