package dev.herd.kernels.cpu;

import dev.herd.kernels.Kernels;
import dev.herd.kernels.KernelsProvider;
import java.util.Optional;

/** The provider of plain Java kernels, which run everywhere and are the truth that others are tested against. */
public final class ScalarKernelsProvider implements KernelsProvider {
    static final String NAME = "scalar";

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public int preference() {
        return 0;
    }

    @Override
    public Optional<String> refusal() {
        return Optional.empty();
    }

    @Override
    public Kernels create() {
        return new ScalarKernels();
    }
}
