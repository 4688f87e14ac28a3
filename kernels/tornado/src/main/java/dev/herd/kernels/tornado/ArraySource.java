package dev.herd.kernels.tornado;

import dev.herd.kernels.Floats;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/** Where the arrays of a plan come from: memory, or nowhere, if only their sizes are asked for. */
sealed interface ArraySource permits HostMemory, ArraySizes {
    /** {@code size} zeros. */
    IntArray ints(long size);

    /** {@code size} zeros. */
    FloatArray floats(long size);

    /** The numbers of {@code source}. */
    FloatArray copy(Floats source);
}
