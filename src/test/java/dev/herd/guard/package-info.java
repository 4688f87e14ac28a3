/** Guards that are models, and guards behind HTTP. */
@NullMarked
package dev.herd.guard;

import org.jspecify.annotations.NullMarked;
