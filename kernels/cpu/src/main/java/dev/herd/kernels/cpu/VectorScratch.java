package dev.herd.kernels.cpu;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Working memory of one thread outside the heap, aligned to 64 bytes, grown on demand and kept. It belongs to the kernel
 * that asked for it until that returns; {@link #steps} is a small place of its own for the scales of a quantised group,
 * {@link #sums} one for sums of a few tokens.
 */
final class VectorScratch {
    private static final ThreadLocal<VectorScratch> OF_THREAD = ThreadLocal.withInitial(VectorScratch::new);
    private static final long ALIGNMENT = 64;
    private static final long STEPS_BYTES = 256;
    private static final long SUMS_BYTES = 64;

    private final MemorySegment steps = allocate(STEPS_BYTES);
    private final MemorySegment sums = allocate(SUMS_BYTES);
    private MemorySegment working = allocate(0);

    private VectorScratch() {}

    static VectorScratch ofThread() {
        return OF_THREAD.get();
    }

    private static MemorySegment allocate(long bytes) {
        return Arena.ofAuto().allocate(bytes, ALIGNMENT);
    }

    /** Address of at least {@code bytes} of working memory. */
    long working(long bytes) {
        if (working.byteSize() < bytes) {
            working = allocate(bytes);
        }
        return working.address();
    }

    /** Address of 256 bytes. */
    long steps() {
        return steps.address();
    }

    /** Address of 64 bytes. */
    long sums() {
        return sums.address();
    }
}
