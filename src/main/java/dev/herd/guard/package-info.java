/**
 * Guards that are models: Llama Guard on an engine of its own, Prompt Guard on a classifier, and others behind HTTP. They
 * answer what {@code safety} asks, and know no tenant and no policy.
 */
@NullMarked
package dev.herd.guard;

import org.jspecify.annotations.NullMarked;
