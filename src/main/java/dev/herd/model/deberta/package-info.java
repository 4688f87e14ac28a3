/** DeBERTa-v3: an encoder that classifies texts, composed of kernels as the decoder is. */
@NullMarked
package dev.herd.model.deberta;

import org.jspecify.annotations.NullMarked;
