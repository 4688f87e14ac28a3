package dev.herd.media;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;

/** The memory that decoded pictures of requests under way may take together. Safe for use by many threads. */
public final class TileMemory {
    private final long bytes;
    private final AtomicLong taken = new AtomicLong();

    /** A memory of this size. */
    public TileMemory(long bytes) {
        this.bytes = bytes;
    }

    /**
     * Takes some of it.
     *
     * @throws MediaException if so much is never there, or not at the moment
     */
    public Lease take(long wanted) {
        if (wanted > bytes) {
            throw MediaException.tooLarge("The pictures take more memory than this server has for them.");
        }
        if (taken.addAndGet(wanted) > bytes) {
            taken.addAndGet(-wanted);
            throw MediaException.busy();
        }
        return new Lease(this, wanted);
    }

    /** Bytes that are taken. */
    public long taken() {
        return taken.get();
    }

    /** A part that is taken until it is closed; closing it again does nothing. */
    public static final class Lease implements AutoCloseable {
        private final TileMemory memory;
        private final long wanted;
        private final AtomicBoolean isClosed = new AtomicBoolean();

        private Lease(TileMemory memory, long wanted) {
            this.memory = memory;
            this.wanted = wanted;
        }

        @Override
        public void close() {
            if (isClosed.compareAndSet(false, true)) {
                memory.taken.addAndGet(-wanted);
            }
        }
    }
}
