package uk.ac.manchester.tornado.api.runtime;

import uk.ac.manchester.tornado.api.TornadoRuntime;

/** Where TornadoVM starts. */
public final class TornadoRuntimeProvider {
    private TornadoRuntimeProvider() {}

    /** There is no runtime here: the emulator runs task graphs and knows no devices. */
    @SuppressWarnings("DoNotCallSuggester") // the SDK's class of this name does answer
    public static TornadoRuntime getTornadoRuntime() {
        throw new UnsupportedOperationException("the emulator has no devices");
    }
}
