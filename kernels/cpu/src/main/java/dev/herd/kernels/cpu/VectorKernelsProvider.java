package dev.herd.kernels.cpu;

import dev.herd.kernels.Kernels;
import dev.herd.kernels.KernelsProvider;
import java.nio.ByteOrder;
import java.util.Optional;

/**
 * The provider of kernels in Java's Vector API: the fallback on machines for which no C kernels were built.
 *
 * <p>It must not touch the incubating module before it knows that it is there, so that only {@link VectorKernels} and
 * what that uses import it.
 */
public final class VectorKernelsProvider implements KernelsProvider {
    static final String NAME = "vector";
    private static final String MODULE = "jdk.incubator.vector";
    private static final int SMALLEST_WIDTH = 128;

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public int preference() {
        return 100;
    }

    @Override
    public Optional<String> refusal() {
        if (ModuleLayer.boot().findModule(MODULE).isEmpty()) {
            return Optional.of("the JVM was started without the Vector API; add --add-modules " + MODULE);
        }
        if (ByteOrder.nativeOrder() != ByteOrder.LITTLE_ENDIAN) {
            return Optional.of("they are written for little-endian machines and this one is big-endian");
        }
        int width = VectorLanes.preferredWidth();
        if (width < SMALLEST_WIDTH) {
            return Optional.of("the JVM offers vectors of " + width + " bits here and they need " + SMALLEST_WIDTH
                    + "; leave -XX:MaxVectorSize and -XX:UseAVX alone");
        }
        return Optional.empty();
    }

    @Override
    public Kernels create() {
        Optional<String> refusal = refusal();
        if (refusal.isPresent()) {
            throw new IllegalStateException(refusal.get());
        }
        return new VectorKernels();
    }
}
