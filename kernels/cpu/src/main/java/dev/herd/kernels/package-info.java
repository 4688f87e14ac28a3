/**
 * The numeric contract of Herd: what a backend computes, on which data, with which shapes.
 *
 * <p>Shapes are written as {@code [tokens, hiddenSize]}, row-major, the last index fastest. {@code tokens} counts the
 * rows of one step, {@code rows} the outputs of a matrix and {@code columns} its inputs. A <em>quantised group</em> is
 * the run of elements that share a scale; the word <em>block</em> is kept for the storage unit of the key/value cache.
 *
 * <p>This package knows no model: no layer kinds, no checkpoint names, no requests.
 */
@NullMarked
package dev.herd.kernels;

import org.jspecify.annotations.NullMarked;
