/** Tests of the CPU providers. */
@NullMarked
package dev.herd.kernels.cpu;

import org.jspecify.annotations.NullMarked;
