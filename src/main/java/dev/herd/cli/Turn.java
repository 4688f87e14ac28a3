package dev.herd.cli;

import java.util.List;

/**
 * One message of a conversation.
 *
 * @param role {@code system}, {@code user} or {@code assistant}
 * @param images {@code data:} addresses of pictures that stand before the text
 */
record Turn(String role, List<String> images, String text) {
    Turn {
        images = List.copyOf(images);
    }

    /** A message without pictures. */
    Turn(String role, String text) {
        this(role, List.of(), text);
    }
}
