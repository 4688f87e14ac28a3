/** How fast the kernels are, beside what the machine can do. */
@NullMarked
package dev.herd.kernels.bench;

import org.jspecify.annotations.NullMarked;
