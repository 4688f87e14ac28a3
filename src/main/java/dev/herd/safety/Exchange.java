package dev.herd.safety;

import java.util.List;
import java.util.Optional;

/**
 * A conversation to be judged.
 *
 * @param segments what goes to the model, oldest first
 * @param output what the model has answered, if that is to be judged, too
 */
public record Exchange(List<Segment> segments, Optional<String> output) {
    public Exchange {
        segments = List.copyOf(segments);
    }

    /**
     * A piece of a conversation.
     *
     * @param path where it stands in the request, for example {@code messages[0].content}
     */
    public record Segment(TextSource source, String text, List<GuardImage> images, String path) {
        public Segment {
            images = List.copyOf(images);
        }
    }
}
