package dev.herd.model;

import dev.herd.weights.ModelConfig.LayerKind;
import java.util.Arrays;

/**
 * The key/value blocks of one sequence, per layer kind. Blocks are numbered by position: entry
 * {@code position / blockSize * blocksPerStep(kind) + unit}. Entries of positions that can never be attended again are
 * {@link #DROPPED}. Owned by the scheduling thread; the model only reads it.
 */
public final class BlockTable {
    /** Stands where a block has been given back. */
    public static final int DROPPED = -1;

    private int[] local = new int[8];
    private int[] global = new int[8];
    private int localSize;
    private int globalSize;

    /** Appends a block. */
    public void append(LayerKind kind, int block) {
        if (kind == LayerKind.LOCAL) {
            local = localSize == local.length ? Arrays.copyOf(local, 2 * localSize) : local;
            local[localSize++] = block;
        } else {
            global = globalSize == global.length ? Arrays.copyOf(global, 2 * globalSize) : global;
            global[globalSize++] = block;
        }
    }

    /** Number of entries, dropped ones included. */
    public int size(LayerKind kind) {
        return kind == LayerKind.LOCAL ? localSize : globalSize;
    }

    /** The ids; valid up to {@link #size}. Not a copy. */
    public int[] ids(LayerKind kind) {
        return kind == LayerKind.LOCAL ? local : global;
    }

    /** Marks an entry as given back and returns the block that it held, or {@link #DROPPED}. */
    public int drop(LayerKind kind, int index) {
        int[] ids = ids(kind);
        int block = ids[index];
        ids[index] = DROPPED;
        return block;
    }

    /** Forgets all entries. */
    public void clear() {
        localSize = 0;
        globalSize = 0;
    }
}
