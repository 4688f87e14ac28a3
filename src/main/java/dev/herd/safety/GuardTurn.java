package dev.herd.safety;

import java.util.List;

/**
 * One turn of a conversation as guards see it: tool results and documents are a user's turns that say what they are.
 *
 * @param images what the turn shows, in order
 */
public record GuardTurn(Speaker speaker, String text, List<GuardImage> images) {
    public GuardTurn {
        images = List.copyOf(images);
    }

    /** A turn that is only text. */
    public GuardTurn(Speaker speaker, String text) {
        this(speaker, text, List.of());
    }

    /** Who speaks. */
    public enum Speaker {
        /** The person who asks. */
        USER,
        /** The model. */
        AGENT
    }
}
