package uk.ac.manchester.tornado.api;

import java.util.List;
import uk.ac.manchester.tornado.api.types.arrays.TornadoNativeArray;

/** What an execution left on the device. */
public class TornadoExecutionResult {
    private final List<DeviceBuffers> buffers;

    TornadoExecutionResult(List<DeviceBuffers> buffers) {
        this.buffers = List.copyOf(buffers);
    }

    /** Copies arrays to the host, from the last graph that has them. */
    public TornadoExecutionResult transferToHost(Object... objects) {
        for (Object object : objects) {
            TornadoNativeArray array = (TornadoNativeArray) object;
            buffers.reversed().stream()
                    .filter(graph -> graph.existing(array) != null)
                    .findFirst()
                    .orElseThrow(() -> new IllegalArgumentException("the execution did not use the array"))
                    .toHost(array);
        }
        return this;
    }

    public boolean isReady() {
        return true;
    }
}
