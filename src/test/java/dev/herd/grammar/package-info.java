/** Tests of constrained decoding. */
@NullMarked
package dev.herd.grammar;

import org.jspecify.annotations.NullMarked;
