package dev.herd.cli;

import dev.herd.engine.ModelRunner;
import dev.herd.kernels.Floats;
import dev.herd.kernels.device.Candidates.Wish;
import dev.herd.kernels.device.Logits;
import dev.herd.model.Batch;
import dev.herd.model.Batch.ImageEmbedding;
import dev.herd.model.Batch.Slice;
import dev.herd.model.BlockTable;
import dev.herd.model.KvLayout;
import dev.herd.weights.ModelConfig.LayerKind;
import java.util.Arrays;
import java.util.List;

/**
 * One sequence on a runner that nobody else uses: hands out its blocks and takes back those that can never be attended
 * again. Measurements and scores need no engine.
 */
final class SingleSequence {
    private final ModelRunner runner;
    private final KvLayout layout;
    private final BlockTable blocks = new BlockTable();
    private int[] free = new int[16];
    private int freeCount;
    private int untouched;
    private int droppedLocal;
    private int length;

    SingleSequence(ModelRunner runner) {
        this.runner = runner;
        this.layout = runner.kvLayout();
    }

    /** Tokens in the cache. */
    int length() {
        return length;
    }

    /**
     * How many of the next {@code wanted} tokens to run at once: no more than a batch holds, and none of the next
     * attention chunk, so that LOCAL layers never hold more than one.
     */
    int sliceLength(int wanted) {
        int chunk = runner.config().attentionChunkSize();
        int inChunk = chunk > 0 ? chunk - length % chunk : wanted;
        return Math.min(Math.min(wanted, inChunk), runner.maxBatchTokens());
    }

    /**
     * Runs the next tokens of the sequence.
     *
     * @param tokens at most {@link #sliceLength} of them
     * @param logitRows how many of the last tokens want logits
     * @return {@code [logitRows, vocabularySize]}, valid until the next call
     */
    Floats run(int[] tokens, int logitRows) {
        return run(tokens, logitRows, List.of());
    }

    /** The same with embeddings of pictures in place of some tokens'. */
    Floats run(int[] tokens, int logitRows, List<ImageEmbedding> images) {
        Floats logits = runner.run(batch(tokens, logitRows, Wish.NONE, images));
        length += tokens.length;
        return logits;
    }

    /** Runs one token to know the most likely next one: a device finds it and keeps the logits. */
    Logits decode(int token) {
        Logits logits = runner.start(batch(new int[] {token}, 1, Wish.GREEDY, List.of()));
        length++;
        return logits;
    }

    private Batch batch(int[] tokens, int logitRows, Wish wish, List<ImageEmbedding> images) {
        dropUnreachable();
        int steps = (length + tokens.length + layout.blockSize() - 1) / layout.blockSize();
        reserve(LayerKind.LOCAL, steps);
        reserve(LayerKind.GLOBAL, steps);
        return new Batch(List.of(new Slice(tokens, length, blocks, logitRows, wish, images)));
    }

    /** Starts again with nothing in the cache. */
    void clear() {
        giveBack(LayerKind.LOCAL, droppedLocal, blocks.size(LayerKind.LOCAL));
        giveBack(LayerKind.GLOBAL, 0, blocks.size(LayerKind.GLOBAL));
        blocks.clear();
        droppedLocal = 0;
        length = 0;
    }

    private void dropUnreachable() {
        int visible = runner.config().firstVisible(LayerKind.LOCAL, length);
        int reachable = Math.min(
                visible / layout.blockSize() * layout.blocksPerStep(LayerKind.LOCAL), blocks.size(LayerKind.LOCAL));
        giveBack(LayerKind.LOCAL, droppedLocal, reachable);
        droppedLocal = Math.max(droppedLocal, reachable);
    }

    private void reserve(LayerKind kind, int steps) {
        int wanted = steps * layout.blocksPerStep(kind);
        while (blocks.size(kind) < wanted) {
            if (freeCount > 0) {
                blocks.append(kind, free[--freeCount]);
            } else if (untouched < runner.blockCount()) {
                blocks.append(kind, untouched++);
            } else {
                throw new CommandException("the key/value memory is full after " + length + " tokens");
            }
        }
    }

    private void giveBack(LayerKind kind, int from, int to) {
        for (int i = from; i < to; i++) {
            if (freeCount == free.length) {
                free = Arrays.copyOf(free, 2 * freeCount);
            }
            free[freeCount++] = blocks.drop(kind, i);
        }
    }
}
