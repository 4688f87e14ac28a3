package dev.herd.api;

import dev.herd.api.openai.ApiException;
import dev.herd.api.openai.ChatCompletionRequest;
import dev.herd.api.openai.ChatMapping;
import dev.herd.api.openai.ChatMessage;
import dev.herd.api.openai.MessageContent;
import dev.herd.api.openai.MessageContent.Part;
import dev.herd.api.openai.OtherFields;
import dev.herd.chat.Message;
import dev.herd.engine.PromptImage;
import dev.herd.media.MediaIntake;
import dev.herd.media.TileMemory;
import jakarta.inject.Singleton;
import java.util.List;

/** Turns conversations into prompts: cheap and judged first, then, for those that are admitted, with their pixels. */
@Singleton
final class ChatPrompts {
    private final MediaIntake intake;
    private final TileMemory tileMemory;
    private final ApiSettings settings;
    private final CallerLimits limits;

    ChatPrompts(MediaIntake intake, TileMemory tileMemory, ApiSettings settings, CallerLimits limits) {
        this.intake = intake;
        this.tileMemory = tileMemory;
        this.settings = settings;
        this.limits = limits;
    }

    /**
     * The pictures and videos of a conversation. Fetches them, reads their headers and decodes nothing.
     *
     * @param maxPixels most pixels of a picture
     * @throws ApiException if one cannot be shown to the model
     */
    RequestMedia media(ChatCompletionRequest request, ServedModel model, int maxPixels) {
        RequestMedia media = new RequestMedia(
                intake,
                limits.fetchPolicy(settings.fetchPolicy()),
                model.sight().map(ServedModel.Sight::tileSize).orElse(0),
                maxPixels);
        if (request.messages().stream().anyMatch(ChatPrompts::mayShow)) {
            requireSupported(request);
            ChatMapping.messages(
                    request,
                    new RequestMedia.Count(
                            model, limits.maxImages(intake.settings().maxCount())));
            ChatMapping.messages(request, media);
        }
        return media;
    }

    /** Whether a message is more than a text, so that it is worth the while to look for pictures in it. */
    private static boolean mayShow(ChatMessage message) {
        return message.content() instanceof MessageContent.Parts(List<Part> parts)
                && parts.stream().anyMatch(part -> !part.type().equals("text"));
    }

    /**
     * The prompt for a conversation.
     *
     * @param media its pictures and videos
     * @throws ApiException if a field is not supported or a message cannot be shown to the model
     */
    ChatPrompt prompt(ChatCompletionRequest request, ServedModel model, RequestMedia media) {
        requireSupported(request);
        int[] tokens = render(request, model, ChatMapping.messages(request, media.again()));
        if (media.isEmpty()) {
            return ChatPrompt.ofText(tokens);
        }
        ServedModel.Sight sight = model.sight().orElseThrow();
        return new ChatPrompt(
                tokens,
                media.pictures(),
                media.pictures().promptTokens(sight.tokens().tokensPerTile()),
                media.fields());
    }

    /**
     * Requires that a request asks for nothing that Herd does not have.
     *
     * @throws ApiException 400
     */
    static void requireSupported(ChatCompletionRequest request) {
        OtherFields.refused(request).ifPresent(field -> {
            throw ApiException.unsupportedParameter(field);
        });
    }

    private static int[] render(ChatCompletionRequest request, ServedModel model, List<Message> messages) {
        return model.promptFormat().render(messages, request.toolOffer().definitions(), ChatMapping.ending(request));
    }

    /**
     * Pictures as guards see them.
     *
     * @param isSeen whether a guard is going to look at them, so that they have to be decoded
     * @throws ApiException 400 if one is damaged, 429 if too many are being decoded
     */
    GuardPictures guardPictures(RequestMedia media, boolean isSeen) {
        return isSeen && !media.isEmpty()
                ? GuardPictures.decoded(media, tileMemory, intake.pool())
                : GuardPictures.unseen(media);
    }

    /** Takes memory for the tiles of a prompt, until the lease is closed. */
    TileMemory.Lease reserve(ChatPrompt prompt) {
        return RequestMedia.told(
                prompt::field, () -> tileMemory.take(prompt.pictures().tileBytes()));
    }

    /**
     * The pictures of a prompt that is admitted; waits until they are decoded.
     *
     * @throws ApiException 400 if one is damaged, 429 if too many are being decoded
     */
    List<PromptImage> images(ChatPrompt prompt, ServedModel model) {
        if (prompt.pictures().isEmpty()) {
            return List.of();
        }
        ServedModel.Sight sight = model.sight().orElseThrow();
        String tenant = limits.tenant(); // pictures are remembered for the tenant alone
        return RequestMedia.told(
                prompt::field,
                () -> prompt.pictures()
                        .images(
                                prompt.tokens(),
                                sight.tokens().patch(),
                                sight.tokens().tokensPerTile(),
                                tenant,
                                intake.pool()));
    }
}
