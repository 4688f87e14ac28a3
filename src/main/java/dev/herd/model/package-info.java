/** The forward pass of Llama 4, composed of kernels. Knows batches and block tables, no requests. */
@NullMarked
package dev.herd.model;

import org.jspecify.annotations.NullMarked;
