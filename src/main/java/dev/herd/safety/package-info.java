/**
 * What a tenant's policy says of texts: its model, the scanners, the decision, and the enforcement on a stream of text.
 * Sees texts and verdicts, never tokens or tensors; knows no framework but the JSON library.
 */
@NullMarked
package dev.herd.safety;

import org.jspecify.annotations.NullMarked;
