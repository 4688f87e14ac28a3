@NullMarked
package dev.herd.kernels.device;

import org.jspecify.annotations.NullMarked;
