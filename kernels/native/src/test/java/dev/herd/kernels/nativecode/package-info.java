@NullMarked
package dev.herd.kernels.nativecode;

import org.jspecify.annotations.NullMarked;
