/** Llama 4's conversation format and what becomes of an answer: prompt rendering, stop strings, text deltas. */
@NullMarked
package dev.herd.chat;

import org.jspecify.annotations.NullMarked;
