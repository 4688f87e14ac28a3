/** Wiring: settings, opening a model, startup and shutdown, readiness, metrics. The only package that knows all others. */
@NullMarked
package dev.herd.runtime;

import org.jspecify.annotations.NullMarked;
