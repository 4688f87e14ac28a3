package dev.herd.kernels.cpu;

import dev.herd.kernels.KernelContract;

/** The contract for the vector kernels, at the width of this JVM. */
final class VectorKernelsTest extends KernelContract {
    VectorKernelsTest() {
        super("vector");
    }
}
