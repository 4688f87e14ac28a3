package uk.ac.manchester.tornado.api;

import org.jspecify.annotations.Nullable;

/** How many work items a task has, and in groups of which size; three numbers each. */
public interface WorkerGrid {
    int dimension();

    long[] getGlobalWork();

    /** Null until {@link #setLocalWork}. */
    long @Nullable [] getLocalWork();

    void setGlobalWork(long x, long y, long z);

    void setLocalWork(long x, long y, long z);
}
