package dev.herd.kernels.tornado;

import java.nio.file.Path;

/** A driver's own compiler, whose images of kernels can be kept and loaded without it. */
interface DriverCompiler {
    /** Its version; others may make other images of a source. */
    String version();

    /**
     * The image of a source that it takes; safe for use by several threads.
     *
     * @throws IllegalStateException if it does not compile; holds what the compiler said
     */
    byte[] compile(Path source);

    /**
     * Has a task run an image; safe for use by several threads.
     *
     * @param plan TornadoVM's number of the plan
     * @param task names of graph and task
     * @return whether the driver takes the image
     */
    boolean install(long plan, String task, String method, byte[] image);
}
