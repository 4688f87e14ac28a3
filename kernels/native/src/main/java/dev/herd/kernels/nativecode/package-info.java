/**
 * Kernels written in C and called through the foreign function API. Reached through
 * {@link dev.herd.kernels.KernelsSelector} only.
 */
@NullMarked
package dev.herd.kernels.nativecode;

import org.jspecify.annotations.NullMarked;
