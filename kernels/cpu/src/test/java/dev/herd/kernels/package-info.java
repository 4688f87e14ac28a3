/** The contract that every provider of kernels is tested against, and the tests of the shared types. */
@NullMarked
package dev.herd.kernels;

import org.jspecify.annotations.NullMarked;
