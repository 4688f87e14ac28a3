package dev.herd.api;

import dev.herd.api.openai.ApiException;
import dev.herd.media.DecodePool;
import dev.herd.media.MediaInput;
import dev.herd.media.MediaInput.Size;
import dev.herd.media.Pixels;
import dev.herd.media.TileMemory;
import dev.herd.safety.GuardImage;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The pictures of one request as guards see them, and the memory that they take until they are closed. */
final class GuardPictures implements AutoCloseable {
    private final Map<String, List<GuardImage>> byMessage;
    private final Optional<TileMemory.Lease> memory;

    private GuardPictures(Map<String, List<GuardImage>> byMessage, Optional<TileMemory.Lease> memory) {
        this.byMessage = byMessage;
        this.memory = memory;
    }

    /** That there are these, of which no guard is going to see a pixel. */
    static GuardPictures unseen(RequestMedia media) {
        Map<String, List<GuardImage>> byMessage = new LinkedHashMap<>();
        for (int number = 0; number < media.inputs().size(); number++) {
            add(media, number, List.of(), byMessage);
        }
        return new GuardPictures(byMessage, Optional.empty());
    }

    /**
     * All of these, decoded: what is damaged is known before anybody is asked about it.
     *
     * @throws ApiException 400 if one cannot be decoded or all together take too much memory, 429 if they do now
     */
    static GuardPictures decoded(RequestMedia media, TileMemory memory, DecodePool pool) {
        long bytes = media.inputs().stream()
                .flatMap(input -> input.sizes().stream())
                .mapToLong(Size::bytes)
                .sum();
        TileMemory.Lease lease = RequestMedia.told(refused -> "messages", () -> memory.take(bytes));
        try {
            Map<String, List<GuardImage>> byMessage = new LinkedHashMap<>();
            for (int number = 0; number < media.inputs().size(); number++) {
                MediaInput input = media.inputs().get(number);
                String field = media.fields().get(number);
                add(media, number, RequestMedia.told(refused -> field, () -> input.pixels(pool)), byMessage);
            }
            return new GuardPictures(byMessage, Optional.of(lease));
        } catch (RuntimeException | Error refused) {
            lease.close();
            throw refused;
        }
    }

    private static void add(
            RequestMedia media, int number, List<Pixels> pixels, Map<String, List<GuardImage>> byMessage) {
        MediaInput input = media.inputs().get(number);
        String field = media.fields().get(number);
        List<GuardImage> images =
                byMessage.computeIfAbsent(field.substring(0, field.indexOf('.')), message -> new ArrayList<>());
        for (int index = 0; index < input.sizes().size(); index++) {
            Optional<Pixels> own = pixels.isEmpty() ? Optional.empty() : Optional.of(pixels.get(index));
            images.add(new GuardPicture(input.sizes().get(index), input.contentKey(index), own));
        }
    }

    /** Those of a message, in order; {@code message} is its path in the request. */
    List<GuardImage> of(String message) {
        return byMessage.getOrDefault(message, List.of());
    }

    @Override
    public void close() {
        memory.ifPresent(TileMemory.Lease::close);
    }
}
