package dev.herd.engine;

import dev.herd.model.BlockTable;
import dev.herd.model.KvLayout;
import dev.herd.weights.ModelConfig;
import dev.herd.weights.ModelConfig.LayerKind;
import java.util.Optional;

/**
 * The owner of all key/value blocks: it lends ids from 0 to {@code blockCount - 1} to block tables and takes them back.
 * Used by the scheduling thread only.
 */
final class BlockManager {
    /*
     * Two numbers are kept. Used blocks are in some table now. Reserved blocks are promised: a sequence is admitted only
     * when the most it can ever hold at one time is promised to it, so that extending a table cannot fail and every
     * admitted sequence runs to its end without another having to give way. The promise is pessimistic, as most answers
     * end before their limit; pre-emption would allow to promise less.
     *
     * The most that a sequence holds: GLOBAL layers keep every position. LOCAL layers need only the attention chunk of
     * the next position, because slices end at the borders of attention chunks (longestSlice) and what lies before a
     * border is dropped when it is reached. If the block size does not divide the chunk size, a chunk may begin and end
     * within a block.
     */
    private static final LayerKind[] KINDS = LayerKind.values();

    private final KvLayout layout;
    private final ModelConfig config;
    private final PrefixCache prefixes;
    private final BlockPool pool;
    private long reserved;

    BlockManager(KvLayout layout, ModelConfig config, int blockCount) {
        this.layout = layout;
        this.config = config;
        this.prefixes = new PrefixCache(layout, config, blockCount);
        this.pool = prefixes.pool();
    }

    /** The most blocks that a sequence of {@code positions} computed positions ever holds at one time. */
    long required(int positions) {
        long steps = steps(positions);
        return steps * layout.blocksPerStep(LayerKind.GLOBAL)
                + Math.min(steps, localSteps(positions)) * layout.blocksPerStep(LayerKind.LOCAL);
    }

    /** Promises {@code count} blocks, or answers false and promises nothing. */
    boolean reserve(long count) {
        if (reserved + count > pool.blockCount()) {
            return false;
        }
        reserved += count;
        return true;
    }

    /** Takes a promise back. */
    void unreserve(long count) {
        reserved -= count;
    }

    /** The most tokens that a slice starting at {@code firstPosition} may have: up to the end of the attention chunk. */
    int longestSlice(int firstPosition) {
        return isChunked()
                ? config.attentionChunkSize() - firstPosition % config.attentionChunkSize()
                : Integer.MAX_VALUE;
    }

    /** Lends blocks until {@code table} reaches over {@code positions} positions. */
    void extend(BlockTable table, int positions) {
        for (LayerKind kind : KINDS) {
            long wanted = steps(positions) * layout.blocksPerStep(kind);
            while (table.size(kind) < wanted) {
                table.append(kind, pool.take());
            }
        }
    }

    /** Lets a sequence begin where others, with which it may share, have got to, if that is beyond what it has itself. */
    void adopt(Sequence sequence) {
        sequence.prefix().ifPresent(keys -> {
            int known = prefixes.usable(keys, sequence.tokens(), sequence.promptTokens() - 1);
            if (known > sequence.cachedTokens()) {
                release(sequence.blocks());
                prefixes.attach(sequence.blocks(), keys, sequence.tokens(), known);
                sequence.startAfter(known);
            }
        });
    }

    /** The name of the block that a prompt computes next; empty if it does not fill one or shares with nobody. */
    Optional<PrefixKeys.Key> nextKey(Sequence sequence) {
        int step = sequence.cachedTokens() / layout.blockSize();
        return (step + 1) * layout.blockSize() > sequence.promptTokens()
                ? Optional.empty()
                : sequence.prefix().map(keys -> keys.key(step, sequence.tokens(), layout.blockSize()));
    }

    /** Remembers what a sequence has computed from position {@code from} on, if it may be shared. */
    void remember(Sequence sequence, int from) {
        sequence.prefix()
                .ifPresent(keys ->
                        prefixes.remember(sequence.blocks(), keys, sequence.tokens(), from, sequence.cachedTokens()));
    }

    /** Takes back the blocks whose positions cannot be attended from {@code nextPosition} on. */
    void drop(BlockTable table, int nextPosition) {
        for (LayerKind kind : KINDS) {
            int visible = config.firstVisible(kind, nextPosition) / layout.blockSize();
            int end = Math.min(table.size(kind), visible * layout.blocksPerStep(kind));
            giveBack(table, kind, end);
        }
    }

    /** Takes back all blocks of {@code table} and empties it. */
    void release(BlockTable table) {
        for (LayerKind kind : KINDS) {
            giveBack(table, kind, table.size(kind));
        }
        table.clear();
    }

    /** Blocks that are in some table. */
    int used() {
        return pool.used();
    }

    /** Blocks that are promised, used or not. */
    int reserved() {
        return (int) reserved;
    }

    /** All blocks. */
    int blockCount() {
        return pool.blockCount();
    }

    private boolean isChunked() {
        return config.attentionChunkSize() > 0 && layout.blocksPerStep(LayerKind.LOCAL) > 0;
    }

    private long steps(int positions) {
        return Math.ceilDiv((long) positions, layout.blockSize());
    }

    /** The most block steps that one attention chunk touches. */
    private long localSteps(int positions) {
        int chunk = config.attentionChunkSize();
        if (!isChunked() || positions <= chunk) {
            return steps(positions);
        }
        int size = layout.blockSize();
        int worstOffset = size - greatestCommonDivisor(chunk, size); // of a chunk's start within its block
        return ((long) worstOffset + chunk - 1) / size + 1;
    }

    /** Gives back the entries before {@code end}; those before the last dropped one have been dropped earlier. */
    private void giveBack(BlockTable table, LayerKind kind, int end) {
        for (int index = end - 1; index >= 0; index--) {
            int block = table.drop(kind, index);
            if (block == BlockTable.DROPPED) {
                return;
            }
            pool.put(block);
        }
    }

    private static int greatestCommonDivisor(int a, int b) {
        return b == 0 ? a : greatestCommonDivisor(b, a % b);
    }
}
