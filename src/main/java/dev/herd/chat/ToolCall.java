package dev.herd.chat;

/**
 * A call that an assistant's message has asked for.
 *
 * @param name of the function
 * @param arguments a JSON object; what is none is shown to the model as a JSON string
 */
public record ToolCall(String name, String arguments) {}
