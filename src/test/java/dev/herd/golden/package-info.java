/** Whole-model tests against recorded outputs of the reference implementation. */
@NullMarked
package dev.herd.golden;

import org.jspecify.annotations.NullMarked;
