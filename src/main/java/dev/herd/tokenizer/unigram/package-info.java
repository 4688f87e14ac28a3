/** Tokenizers of the Unigram kind, as classifiers have them: read from {@code tokenizer.json}. */
@NullMarked
package dev.herd.tokenizer.unigram;

import org.jspecify.annotations.NullMarked;
