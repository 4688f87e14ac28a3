/** What is in a checkpoint: its configuration, its tensors where they lie, its vocabulary. The only package that knows checkpoint names. */
@NullMarked
package dev.herd.weights;

import org.jspecify.annotations.NullMarked;
