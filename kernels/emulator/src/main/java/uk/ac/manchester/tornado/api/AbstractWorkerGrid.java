package uk.ac.manchester.tornado.api;

import org.jspecify.annotations.Nullable;

/** What grids of one, two and three dimensions have in common. */
public abstract class AbstractWorkerGrid implements WorkerGrid {
    private long[] globalWork;
    private long @Nullable [] localWork;

    protected AbstractWorkerGrid(long x, long y, long z) {
        globalWork = new long[] {x, y, z};
    }

    @Override
    public long[] getGlobalWork() {
        return globalWork;
    }

    @Override
    public long @Nullable [] getLocalWork() {
        return localWork;
    }

    @Override
    public void setGlobalWork(long x, long y, long z) {
        globalWork = new long[] {x, y, z};
    }

    @Override
    public void setLocalWork(long x, long y, long z) {
        localWork = new long[] {x, y, z};
    }
}
