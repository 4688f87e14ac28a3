/** The five nouns that turn requests into tokens: Sequence, Scheduler, BlockManager, ModelRunner, Sampler; Engine.step is the loop. */
@NullMarked
package dev.herd.engine;

import org.jspecify.annotations.NullMarked;
