package dev.herd.api.openai;

import dev.herd.api.openai.MessageContent.ImageUrl;
import dev.herd.api.openai.MessageContent.VideoUrl;
import dev.herd.chat.Message.Part;
import java.util.List;

/** Turns the pictures and videos of a conversation, in order, into what stands for them in a message. */
public interface MediaParts {
    /**
     * A picture.
     *
     * @param path of the content part
     * @throws ApiException if it cannot be shown
     */
    List<Part> picture(ImageUrl image, String path);

    /**
     * Frames of a video.
     *
     * @param path of the content part
     * @throws ApiException if it cannot be shown
     */
    List<Part> video(VideoUrl video, String path);
}
