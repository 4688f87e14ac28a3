package dev.herd.api.openai;

import dev.herd.api.openai.MessageContent.Part;
import dev.herd.chat.Message;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Turns the content parts of a message into what the prompt format understands. */
final class ContentParts {
    private ContentParts() {}

    /**
     * The parts of a message; texts that follow each other become one.
     *
     * @param path of the list
     * @throws ApiException 400 naming the part that cannot be shown to the model
     */
    static List<Message.Part> of(List<Part> parts, ChatMessage.Role role, String path, MediaParts media) {
        if (parts.isEmpty()) {
            throw ApiException.invalidValue(path, "The list of content parts is empty.");
        }
        List<Message.Part> all = new ArrayList<>();
        for (int i = 0; i < parts.size(); i++) {
            of(parts.get(i), role, path + "[" + i + "]", media).forEach(part -> append(all, part));
        }
        return all;
    }

    private static void append(List<Message.Part> all, Message.Part part) {
        if (part instanceof Message.Text(String more)
                && !all.isEmpty()
                && all.getLast() instanceof Message.Text(String text)) {
            all.set(all.size() - 1, new Message.Text(text + more));
        } else {
            all.add(part);
        }
    }

    private static List<Message.Part> of(Part part, ChatMessage.Role role, String path, MediaParts media) {
        return switch (part.type()) {
            case "text" -> text(part, part.text(), path);
            case "refusal" -> {
                if (role != ChatMessage.Role.ASSISTANT) {
                    throw ApiException.unsupportedParameter(path + ".type");
                }
                yield text(part, part.refusal(), path);
            }
            case "image_url" -> {
                requireSeen(role, path);
                yield media.picture(required(part.imageUrl(), path + ".image_url"), path);
            }
            case "video_url" -> {
                requireSeen(role, path);
                yield media.video(required(part.videoUrl(), path + ".video_url"), path);
            }
            case "input_audio", "file" -> throw ApiException.unsupportedParameter(path + ".type");
            default -> throw ApiException.invalidValue(path + ".type", "There is no such type of content part.");
        };
    }

    private static List<Message.Part> text(Part part, @Nullable String text, String path) {
        if (text == null) {
            throw missing(path + "." + part.type(), "The content part has no text.");
        }
        return List.of(new Message.Text(text));
    }

    private static void requireSeen(ChatMessage.Role role, String path) {
        if (role != ChatMessage.Role.USER && role != ChatMessage.Role.TOOL) {
            throw ApiException.invalidValue(
                    path + ".type", "Pictures and videos can only stand in messages of users and tools.");
        }
    }

    private static <T> T required(@Nullable T field, String path) {
        if (field == null) {
            throw missing(path, "The content part has no address.");
        }
        return field;
    }

    private static ApiException missing(String path, String message) {
        return ApiException.invalidRequest(400, message, path, "missing_required_parameter");
    }
}
