/** The HTTP endpoint: resources, errors, event streams. The only package that knows JAX-RS. */
@NullMarked
package dev.herd.api;

import org.jspecify.annotations.NullMarked;
