@NullMarked
package dev.herd.kernels.emulator;

import org.jspecify.annotations.NullMarked;
