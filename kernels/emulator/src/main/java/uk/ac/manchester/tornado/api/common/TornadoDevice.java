package uk.ac.manchester.tornado.api.common;

import uk.ac.manchester.tornado.api.TornadoTargetDevice;

/** A device. */
public interface TornadoDevice {
    TornadoTargetDevice getPhysicalDevice();

    /** Bytes of the largest array. */
    long getMaxAllocMemory();

    /** Bytes of all memory. */
    long getMaxGlobalMemory();
}
