package dev.herd.chat;

import java.util.List;
import java.util.stream.Collectors;

/**
 * One turn of a conversation.
 *
 * @param parts what it says; they follow each other without anything between them
 * @param calls what an assistant asks to be called; empty in all other messages
 */
public record Message(Role role, List<Part> parts, List<ToolCall> calls) {
    public Message {
        parts = List.copyOf(parts);
        calls = List.copyOf(calls);
    }

    /** A message that calls nothing. */
    public Message(Role role, List<Part> parts) {
        this(role, parts, List.of());
    }

    /** A message that is text only. */
    public Message(Role role, String text) {
        this(role, List.of(new Text(text)));
    }

    /** The message's text parts, joined. */
    public String text() {
        return parts.stream()
                .map(part -> switch (part) {
                    case Text(String text) -> text;
                    case Picture picture -> "";
                })
                .collect(Collectors.joining());
    }

    /** A piece of a message's content. */
    public sealed interface Part permits Text, Picture {}

    /** Text as its author wrote it; names of special tokens in it are ordinary text. */
    public record Text(String text) implements Part {}

    /**
     * A picture, cut into tiles; if there are several, one more of the whole picture follows them.
     *
     * @param rows rows of tiles, at least 1
     * @param columns tiles per row, at least 1
     */
    public record Picture(int rows, int columns) implements Part {
        public Picture {
            if (rows < 1 || columns < 1) {
                throw new IllegalArgumentException("a picture cannot have " + rows + " by " + columns + " tiles");
            }
        }
    }
}
