package uk.ac.manchester.tornado.api;

import uk.ac.manchester.tornado.api.common.TornadoDevice;
import uk.ac.manchester.tornado.api.enums.TornadoVMBackendType;

/** A way to drive devices. */
public interface TornadoBackend {
    TornadoDevice getDefaultDevice();

    TornadoVMBackendType getBackendType();
}
