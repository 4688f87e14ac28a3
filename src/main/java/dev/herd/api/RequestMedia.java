package dev.herd.api;

import dev.herd.api.openai.ApiException;
import dev.herd.api.openai.MediaParts;
import dev.herd.api.openai.MessageContent.Detail;
import dev.herd.api.openai.MessageContent.ImageUrl;
import dev.herd.api.openai.MessageContent.VideoUrl;
import dev.herd.chat.Message.Part;
import dev.herd.chat.Message.Picture;
import dev.herd.media.FetchPolicy;
import dev.herd.media.ImageDetail;
import dev.herd.media.MediaException;
import dev.herd.media.MediaInput;
import dev.herd.media.MediaIntake;
import dev.herd.media.PromptPictures;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.OptionalInt;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The pictures and videos of one request: fetched and judged in the order of the conversation, decoded later. */
final class RequestMedia implements MediaParts {
    private static final Duration BUSY_RETRY = Duration.ofSeconds(1);

    private final MediaIntake intake;
    private final FetchPolicy policy;
    private final int tileSize;
    private final int maxPixels;
    private final List<MediaInput> inputs = new ArrayList<>();
    private final List<String> fields = new ArrayList<>();
    private int tiles;

    /** @param maxPixels most pixels of a picture that the safety policy permits */
    RequestMedia(MediaIntake intake, FetchPolicy policy, int tileSize, int maxPixels) {
        this.intake = intake;
        this.policy = policy;
        this.tileSize = tileSize;
        this.maxPixels = maxPixels;
    }

    /** Whether nothing has been shown so far. */
    boolean isEmpty() {
        return inputs.isEmpty();
    }

    /** What has been shown so far, in order. */
    List<MediaInput> inputs() {
        return inputs;
    }

    /** Shows the same, in the same order, in a conversation whose words are others; nothing is fetched. */
    MediaParts again() {
        Iterator<MediaInput> shown = inputs.iterator();
        return new MediaParts() {
            @Override
            public List<Part> picture(ImageUrl image, String path) {
                return parts(shown.next());
            }

            @Override
            public List<Part> video(VideoUrl video, String path) {
                return parts(shown.next());
            }
        };
    }

    /** What has been shown so far. */
    PromptPictures pictures() {
        return new PromptPictures(inputs);
    }

    /** The field that each of them came in. */
    List<String> fields() {
        return fields;
    }

    @Override
    public List<Part> picture(ImageUrl image, String path) {
        String param = path + ".image_url.url";
        return add(
                told(refused -> param, () -> intake.picture(image.url(), detail(image.detail()), tileSize, policy)),
                param);
    }

    @Override
    public List<Part> video(VideoUrl video, String path) {
        String param = path + ".video_url.url";
        OptionalInt frames = video.frames() == null ? OptionalInt.empty() : OptionalInt.of(video.frames());
        return add(
                told(
                        refused -> param,
                        () -> intake.video(video.url(), frames, detail(video.detail()), tileSize, policy)),
                param);
    }

    private List<Part> add(MediaInput input, String param) {
        if (input.sizes().stream().anyMatch(size -> size.pixels() > maxPixels)) {
            throw ApiException.invalidRequest(
                    400, "The safety policy permits pictures of " + maxPixels + " pixels.", param, "image_too_large");
        }
        tiles += input.tileCount();
        if (tiles > intake.settings().maxTiles()) {
            throw ApiException.invalidRequest(
                    400,
                    "The pictures and videos are more than " + intake.settings().maxTiles() + " tiles; ask for 'low'"
                            + " detail or fewer frames.",
                    param,
                    "image_too_large");
        }
        inputs.add(input);
        fields.add(param);
        return parts(input);
    }

    private static List<Part> parts(MediaInput input) {
        return input.grids().stream()
                .<Part>map(grid -> new Picture(grid.rows(), grid.columns()))
                .toList();
    }

    private static ImageDetail detail(@Nullable Detail detail) {
        return switch (detail) {
            case LOW -> ImageDetail.LOW;
            case HIGH -> ImageDetail.HIGH;
            case AUTO -> ImageDetail.AUTO;
            case null -> ImageDetail.AUTO;
        };
    }

    /**
     * The result of {@code step}.
     *
     * @param field the field that is named if it fails
     * @throws ApiException in the words of the step's refusal
     */
    static <T> T told(Function<MediaException, String> field, Supplier<T> step) {
        try {
            return step.get();
        } catch (MediaException refused) {
            String code = switch (refused.reason()) {
                case INVALID_URL -> "invalid_image_url";
                case INVALID_FORMAT -> "invalid_image_format";
                case TOO_LARGE -> "image_too_large";
                case DAMAGED -> "image_parse_error";
                case DOWNLOAD_FAILED -> "failed_to_download_image";
                case BUSY -> throw ApiException.overloaded(BUSY_RETRY);
            };
            throw ApiException.invalidRequest(400, String.valueOf(refused.getMessage()), field.apply(refused), code);
        }
    }

    /** Counts the pictures and videos of a request before the first is fetched. */
    static final class Count implements MediaParts {
        private final ServedModel model;
        private final int most;
        private int count;

        Count(ServedModel model, int most) {
            this.model = model;
            this.most = most;
        }

        @Override
        public List<Part> picture(ImageUrl image, String path) {
            return add(path);
        }

        @Override
        public List<Part> video(VideoUrl video, String path) {
            return add(path);
        }

        private List<Part> add(String path) {
            if (model.sight().isEmpty()) {
                throw ApiException.invalidRequest(
                        400,
                        "The model '" + model.name() + "' sees no pictures.",
                        path + ".type",
                        "unsupported_parameter");
            }
            count++;
            if (count > most) {
                throw ApiException.invalidRequest(
                        400,
                        "At most " + most + " pictures and videos are accepted in a request.",
                        path,
                        "too_many_images");
            }
            return List.of(new Picture(1, 1));
        }
    }
}
