package dev.herd.api.openai;

import dev.herd.chat.Message.Part;
import java.util.List;

/** For conversations without pictures and videos. */
final class NoMedia implements MediaParts {
    @Override
    public List<Part> picture(MessageContent.ImageUrl image, String path) {
        throw new AssertionError("a picture at " + path);
    }

    @Override
    public List<Part> video(MessageContent.VideoUrl video, String path) {
        throw new AssertionError("a video at " + path);
    }
}
