@NullMarked
package dev.herd.kernels.faulty;

import org.jspecify.annotations.NullMarked;
