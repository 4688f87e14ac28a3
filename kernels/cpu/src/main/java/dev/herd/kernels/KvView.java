package dev.herd.kernels;

import java.lang.foreign.MemorySegment;

/**
 * One layer's keys and values of one sequence, scattered over blocks.
 *
 * @param ids block ids of the sequence; the one for position p is {@code ids[p / blockSize * stride + unit]}
 * @param stride ids per blockSize positions
 * @param unit which of them holds this layer
 * @param offset where the layer starts in its block, in bytes
 */
public record KvView(KvShape shape, KvMemory memory, int[] ids, int stride, int unit, long offset) {
    /** The memory of the block that holds {@code position}. */
    public MemorySegment block(int position) {
        return memory.block(ids[position / shape.blockSize() * stride + unit]);
    }
}
