package dev.herd.kernels.nativecode;

import dev.herd.kernels.Kernels;
import dev.herd.kernels.KernelsProvider;
import java.util.Optional;

/** The provider of kernels in C, which run wherever the build found a C compiler for the platform. */
public final class NativeKernelsProvider implements KernelsProvider {
    static final String NAME = "native";

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public int preference() {
        return 200;
    }

    @Override
    public Optional<String> refusal() {
        return NativeLibrary.LOADED.refusal();
    }

    @Override
    public Kernels create() {
        NativeLibrary library = NativeLibrary.LOADED.orThrow();
        return new NativeKernels(library, library.best());
    }
}
