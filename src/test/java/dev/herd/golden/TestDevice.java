package dev.herd.golden;

import dev.herd.kernels.device.Device;
import dev.herd.kernels.device.DeviceProvider;
import dev.herd.kernels.tornado.Capabilities;
import dev.herd.kernels.tornado.TornadoDevices;
import java.util.Optional;
import java.util.ServiceLoader;

/**
 * The device of the tests: the emulator in every build, and a real one where an SDK is. The property
 * {@code herd.test.backend} says which, and no other may answer.
 */
public final class TestDevice {
    /** Name of its backend. */
    static final String BACKEND = System.getProperty("herd.test.backend", "emulator");

    /** A device is opened once in a JVM. */
    private static final Device DEVICE = open();

    private TestDevice() {}

    private static Device open() {
        Device device = ServiceLoader.load(DeviceProvider.class).stream()
                .map(ServiceLoader.Provider::get)
                .filter(provider -> provider.name().equals(BACKEND))
                .findFirst()
                .orElseThrow()
                .open(Optional.empty(), line -> {});
        String expected = isEmulator() ? BACKEND : System.getProperty("herd.test.device", "OPENCL");
        if (!device.facts().backend().equals(expected)) {
            throw new AssertionError("the tests are meant for " + expected + ", but "
                    + device.facts().backend() + " answers");
        }
        return device;
    }

    /** The device, opened when it is first asked for. */
    public static Device get() {
        return DEVICE;
    }

    /** The device, or the emulator of one that can do all that kernels know to use. */
    public static Device withAllCapabilities() {
        return isEmulator() ? TornadoDevices.emulated(Capabilities.ALL, line -> {}) : DEVICE;
    }

    /** What that one declares. */
    public static Capabilities capabilities() {
        return isEmulator() ? Capabilities.ALL : TornadoDevices.capabilities(DEVICE);
    }

    /** Whether it takes seconds for what a real one does at once. */
    public static boolean isEmulator() {
        return BACKEND.equals("emulator");
    }
}
