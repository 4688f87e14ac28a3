/** Tests of the packaged application, run as its users run it. */
@NullMarked
package dev.herd.it;

import org.jspecify.annotations.NullMarked;
