package dev.herd.kernels;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The memory behind key/value blocks, addressed by block id. Memory is taken in slabs when an id is first touched, so
 * that a large budget costs nothing until it is used. {@link #ensure} is called by the one thread that schedules;
 * {@link #block} may be called by any worker afterwards.
 */
public final class KvMemory implements AutoCloseable {
    private static final long SLAB_BYTES = 16L << 20;

    private final Arena arena = Arena.ofShared();
    private final long blockBytes;
    private final int blocksPerSlab;
    private final @Nullable MemorySegment[] blocks;

    /**
     * @param blockBytes bytes of one block
     * @param blockCount ids run from 0 to {@code blockCount - 1}
     */
    public KvMemory(long blockBytes, int blockCount) {
        if (blockBytes < 1 || blockCount < 0) {
            throw new IllegalArgumentException(blockCount + " blocks of " + blockBytes + " bytes");
        }
        this.blockBytes = blockBytes;
        this.blocksPerSlab = (int) Math.max(1, SLAB_BYTES / blockBytes);
        this.blocks = new @Nullable MemorySegment[blockCount];
    }

    /** Makes sure that memory stands behind {@code id}. */
    public void ensure(int id) {
        Objects.checkIndex(id, blocks.length);
        if (blocks[id] != null) {
            return;
        }
        int first = id - id % blocksPerSlab;
        int count = Math.min(blocksPerSlab, blocks.length - first);
        MemorySegment slab = arena.allocate(Math.multiplyExact(blockBytes, (long) count), 64);
        for (int i = 0; i < count; i++) {
            blocks[first + i] = slab.asSlice(i * blockBytes, blockBytes);
        }
    }

    /**
     * The memory of block {@code id}.
     *
     * @throws IllegalStateException if {@link #ensure} was not called for it
     */
    public MemorySegment block(int id) {
        MemorySegment block = id >= 0 && id < blocks.length ? blocks[id] : null;
        if (block == null) {
            throw new IllegalStateException("block " + id + " has no memory");
        }
        return block;
    }

    @Override
    public void close() {
        arena.close();
    }
}
