/** Kernels that run on the CPU. Reached through {@link dev.herd.kernels.KernelsSelector} only. */
@NullMarked
package dev.herd.kernels.cpu;

import org.jspecify.annotations.NullMarked;
