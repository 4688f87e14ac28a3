/** Tests of the forward pass. */
@NullMarked
package dev.herd.model;

import org.jspecify.annotations.NullMarked;
