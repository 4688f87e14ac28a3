package dev.herd.engine;

import java.util.LinkedHashSet;
import java.util.Set;
import java.util.function.IntConsumer;

/**
 * The key/value blocks by id: lent to one table or to several, remembered although nobody holds them, or free. Used by the
 * scheduling thread only.
 */
final class BlockPool {
    private final int[] free; // [blockCount] ids, the first freeCount of them are free
    private final int[] holders; // [blockCount] tables that hold the block
    private final boolean[] remembered; // [blockCount]
    private final Set<Integer> idle = new LinkedHashSet<>(); // remembered and held by nobody, longest unused first
    private final IntConsumer forget;
    private int freeCount;
    private int used;

    /** @param forget told of each remembered block that is about to be lent for something else */
    BlockPool(int blockCount, IntConsumer forget) {
        this.free = new int[blockCount];
        this.holders = new int[blockCount];
        this.remembered = new boolean[blockCount];
        this.forget = forget;
        for (int block = blockCount - 1; block >= 0; block--) {
            free[freeCount++] = block;
        }
    }

    /** Lends a block whose content does not matter: a free one or, if none is, the one that was unused for longest. */
    int take() {
        if (freeCount == 0 && !idle.isEmpty()) {
            forget.accept(idle.iterator().next());
        }
        if (freeCount == 0) {
            throw new IllegalStateException(
                    "all " + free.length + " blocks are lent: a table was extended without a reservation");
        }
        int block = free[--freeCount];
        holders[block] = 1;
        used++;
        return block;
    }

    /** Lends a remembered block once more. */
    void share(int block) {
        if (!remembered[block]) {
            throw new IllegalStateException("block " + block + " is shared, but nobody knows what is in it");
        }
        if (holders[block]++ == 0) {
            idle.remove(block);
            used++;
        }
    }

    /** Takes a block back from one table. */
    void put(int block) {
        if (holders[block] == 0) {
            throw new IllegalStateException("block " + block + " was given back twice");
        }
        if (--holders[block] > 0) {
            return;
        }
        used--;
        if (remembered[block]) {
            idle.add(block);
        } else {
            free[freeCount++] = block;
        }
    }

    /** Keeps the content of a lent block when nobody holds it any more, as long as there is room. */
    void remember(int block) {
        remembered[block] = true;
    }

    /** Ends that; a block that nobody holds is free then. */
    void forget(int block) {
        remembered[block] = false;
        if (idle.remove(block)) {
            free[freeCount++] = block;
        }
    }

    /** Blocks that are in some table. */
    int used() {
        return used;
    }

    int blockCount() {
        return free.length;
    }
}
