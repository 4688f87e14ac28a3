package dev.herd.cli;

/**
 * One message of a conversation.
 *
 * @param role {@code system}, {@code user} or {@code assistant}
 */
record Turn(String role, String text) {}
