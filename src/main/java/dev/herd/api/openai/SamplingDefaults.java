package dev.herd.api.openai;

import org.jspecify.annotations.Nullable;

/** Sampling that the checkpoint recommends; null where it says nothing, and OpenAI's defaults apply. */
public record SamplingDefaults(
        @Nullable Float temperature,
        @Nullable Float topP,
        @Nullable Integer topK) {}
