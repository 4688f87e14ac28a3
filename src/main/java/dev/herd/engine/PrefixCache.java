package dev.herd.engine;

import dev.herd.model.BlockTable;
import dev.herd.model.KvLayout;
import dev.herd.weights.ModelConfig;
import dev.herd.weights.ModelConfig.LayerKind;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The beginnings of sequences whose keys and values are still in blocks, so that another sequence that begins alike need
 * not compute them. Used by the scheduling thread only.
 */
final class PrefixCache {
    /*
     * What is remembered is a step, the blocks of blockSize positions, by the key of everything up to its end. A sequence
     * finds the longest run of remembered steps from its beginning. GLOBAL layers attend to all of them; LOCAL layers only
     * to the attention chunk of the next position, so the LOCAL blocks of earlier chunks may be gone, and are not held:
     * the cache of a long conversation shrinks like the conversation's own.
     *
     * Remembered blocks that no sequence holds are lent to others when no free one is left, the longest unused first. A
     * sequence gives back its last blocks first, so that beginnings, which others are likelier to share, stay longer. As
     * promises count every sequence as if it shared nothing, there is always an unused block to lend.
     */
    private static final LayerKind[] KINDS = LayerKind.values();

    private final KvLayout layout;
    private final ModelConfig config;
    private final BlockPool pool;
    private final Map<PrefixKeys.Key, Step> steps = new HashMap<>();
    private final @Nullable Step[] owners; // [blockCount] the step that a remembered block belongs to

    PrefixCache(KvLayout layout, ModelConfig config, int blockCount) {
        this.layout = layout;
        this.config = config;
        this.owners = new Step[blockCount];
        this.pool = new BlockPool(blockCount, this::forget);
    }

    BlockPool pool() {
        return pool;
    }

    /** How many positions, at most {@code limit}, need not be computed; whole blocks only. */
    int usable(PrefixKeys keys, int[] tokens, int limit) {
        return usableSteps(keys, tokens, limit / layout.blockSize()) * layout.blockSize();
    }

    /** Puts {@code positions} positions, as {@link #usable} counts them, into an empty table. */
    void attach(BlockTable table, PrefixKeys keys, int[] tokens, int positions) {
        for (LayerKind kind : KINDS) {
            int first = config.firstVisible(kind, positions) / layout.blockSize();
            for (int step = 0; step < positions / layout.blockSize(); step++) {
                int[] blocks = find(key(keys, step, tokens)).blocks(kind);
                for (int unit = 0; unit < layout.blocksPerStep(kind); unit++) {
                    table.append(kind, step < first ? BlockTable.DROPPED : lend(blocks[unit]));
                }
            }
        }
    }

    /** Remembers the steps among positions {@code [from, to)} of a sequence, which have just been computed. */
    void remember(BlockTable table, PrefixKeys keys, int[] tokens, int from, int to) {
        for (int step = from / layout.blockSize(); step < to / layout.blockSize(); step++) {
            PrefixKeys.Key key = key(keys, step, tokens);
            Step known = steps.computeIfAbsent(key, Step::new);
            for (LayerKind kind : KINDS) {
                if (known.blocks(kind).length == 0) {
                    remember(known, kind, table, step);
                }
            }
        }
    }

    private void remember(Step known, LayerKind kind, BlockTable table, int step) {
        int stride = layout.blocksPerStep(kind);
        int[] blocks = new int[stride];
        for (int unit = 0; unit < stride; unit++) {
            blocks[unit] = table.ids(kind)[step * stride + unit];
            owners[blocks[unit]] = known;
            pool.remember(blocks[unit]);
        }
        known.set(kind, blocks);
    }

    /** The most steps of which everything is there that the next position attends to. */
    private int usableSteps(PrefixKeys keys, int[] tokens, int most) {
        int count = 0;
        while (count < most && has(key(keys, count, tokens), LayerKind.GLOBAL)) {
            count++;
        }
        int candidate = count;
        for (int step = candidate - 1; step >= firstLocal(candidate); step--) {
            if (!has(key(keys, step, tokens), LayerKind.LOCAL)) {
                candidate = step;
            }
        }
        return candidate;
    }

    private int firstLocal(int steps) {
        return config.firstVisible(LayerKind.LOCAL, steps * layout.blockSize()) / layout.blockSize();
    }

    private boolean has(PrefixKeys.Key key, LayerKind kind) {
        Step step = steps.get(key);
        return step != null && step.blocks(kind).length == layout.blocksPerStep(kind);
    }

    private Step find(PrefixKeys.Key key) {
        Step step = steps.get(key);
        if (step == null) {
            throw new IllegalStateException("a remembered step has been forgotten while it was looked at");
        }
        return step;
    }

    private PrefixKeys.Key key(PrefixKeys keys, int step, int[] tokens) {
        return keys.key(step, tokens, layout.blockSize());
    }

    private int lend(int block) {
        pool.share(block);
        return block;
    }

    /** Forgets the blocks of one kind of the step that {@code block} belongs to; without GLOBAL ones it is of no use. */
    private void forget(int block) {
        Step step = owners[block];
        if (step == null) {
            throw new IllegalStateException("block " + block + " is remembered by nobody");
        }
        boolean isLocal = contains(step.blocks(LayerKind.LOCAL), block);
        forget(step, LayerKind.LOCAL);
        if (!isLocal || layout.blocksPerStep(LayerKind.GLOBAL) == 0) {
            forget(step, LayerKind.GLOBAL);
            steps.remove(step.key);
        }
    }

    private void forget(Step step, LayerKind kind) {
        for (int block : step.blocks(kind)) {
            owners[block] = null;
            pool.forget(block);
        }
        step.set(kind, Step.NONE);
    }

    private static boolean contains(int[] blocks, int wanted) {
        for (int block : blocks) {
            if (block == wanted) {
                return true;
            }
        }
        return false;
    }

    /** The blocks of {@code blockSize} positions, as far as they are remembered. */
    private static final class Step {
        private static final int[] NONE = {};

        private final PrefixKeys.Key key;
        private int[] local = NONE;
        private int[] global = NONE;

        Step(PrefixKeys.Key key) {
            this.key = key;
        }

        int[] blocks(LayerKind kind) {
            return kind == LayerKind.LOCAL ? local : global;
        }

        void set(LayerKind kind, int[] blocks) {
            if (kind == LayerKind.LOCAL) {
                local = blocks;
            } else {
                global = blocks;
            }
        }
    }
}
