/** The wire format of Meta's Llama API. The only package that knows its names. */
@NullMarked
package dev.herd.api.llama;

import org.jspecify.annotations.NullMarked;
