@NullMarked
package dev.herd.kernels.tornado;

import org.jspecify.annotations.NullMarked;
