/**
 * The forward pass of Llama 4, composed of kernels. Knows batches and block tables, no requests.
 *
 * <p>Shapes in comments: {@code tokens} are the rows of one step, all slices of the batch after each other;
 * {@code querySize = headCount * headSize}, {@code keySize = kvHeadCount * headSize}. Read {@link
 * dev.herd.model.Llama4#forward} first.
 */
@NullMarked
package dev.herd.model;

import org.jspecify.annotations.NullMarked;
