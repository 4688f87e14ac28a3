/** Requests that nobody should send, and what the server makes of them. */
@NullMarked
package dev.herd.fuzz;

import org.jspecify.annotations.NullMarked;
