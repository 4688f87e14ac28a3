package dev.herd.api;

/**
 * What a client is told instead of text that the safety policy does not let pass.
 *
 * @param message the policy's words, in the client's language
 * @param isRefusal whether they are a refusal rather than content
 * @param isStreamed whether streams say them, too
 */
record Withheld(String message, boolean isRefusal, boolean isStreamed) {}
