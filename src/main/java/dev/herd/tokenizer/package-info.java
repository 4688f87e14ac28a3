/** Text to token ids and back: byte-level BPE with Llama 4's split rules. */
@NullMarked
package dev.herd.tokenizer;

import org.jspecify.annotations.NullMarked;
