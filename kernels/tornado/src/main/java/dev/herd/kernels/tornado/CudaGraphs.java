package dev.herd.kernels.tornado;

/** What TornadoVM makes CUDA graphs with, for one device. Plans go by TornadoVM's numbers, graphs by the driver's handles. */
interface CudaGraphs {
    /** From now on what goes to the plan's queue is recorded. */
    void begin(long plan);

    /**
     * Ends that.
     *
     * @return the graph
     * @throws RuntimeException if the driver has given up recording
     */
    long end(long plan);

    /** Has a graph computed, and waits for it. */
    void launch(long plan, long graph);

    /** Gives back what the driver took for a graph. */
    void destroy(long graph);

    /** Whether executions of the plan do not wait for the device. */
    void setConcurrent(long plan, boolean isConcurrent);

    /** Has the host's pages stay where they are; returns the driver's error, or 0. */
    int lock(long address, long bytes);

    /** Undoes {@link #lock}; returns the driver's error, or 0. */
    int unlock(long address);
}
