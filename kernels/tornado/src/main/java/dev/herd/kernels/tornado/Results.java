package dev.herd.kernels.tornado;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;

/**
 * Tells whether results were copied from the device. TornadoVM's CUDA backend prints what the driver reports and goes on, so that
 * after a device was lost, the host would read what an earlier step left. A launch that fails alone, and lets copies succeed, is
 * not seen.
 */
final class Results {
    /** The bits of a number that is none, as no arithmetic yields it. */
    private static final int NOTHING = 0x7FC0DEAD;

    private Results() {}

    /** Marks an array that is to receive at least one result, at its start. */
    static void await(FloatArray results) {
        results.getSegment().set(ValueLayout.JAVA_INT, 0, NOTHING);
    }

    /** @throws IllegalStateException if nothing was copied to it since */
    static void require(FloatArray results) {
        MemorySegment segment = results.getSegment();
        if (segment.get(ValueLayout.JAVA_INT, 0) == NOTHING) {
            throw new IllegalStateException("it gave no results; the driver's error is on standard output");
        }
    }
}
