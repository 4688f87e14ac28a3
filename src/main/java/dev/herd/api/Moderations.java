package dev.herd.api;

import dev.herd.api.openai.ApiException;
import dev.herd.api.openai.Moderation;
import dev.herd.api.openai.ModerationRequest;
import dev.herd.guard.ModerationNames;
import dev.herd.media.ImageFile;
import dev.herd.media.MediaInput.Size;
import dev.herd.media.MediaIntake;
import dev.herd.media.Pixels;
import dev.herd.media.TileMemory;
import dev.herd.safety.Caller;
import dev.herd.safety.ContentGuard;
import dev.herd.safety.Direction;
import dev.herd.safety.GuardCategory;
import dev.herd.safety.GuardException;
import dev.herd.safety.GuardImage;
import dev.herd.safety.GuardQuery;
import dev.herd.safety.GuardScores;
import dev.herd.safety.GuardSettings;
import dev.herd.safety.GuardSettings.CategoryMode;
import dev.herd.safety.GuardTurn;
import dev.herd.safety.Guards;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** Asks guards about texts without enforcing anything. Waits for them; not for an event loop. */
@Singleton
final class Moderations {
    private static final Logger LOG = Logger.getLogger(Moderations.class);

    /** Names that clients send who mean whatever the server has. */
    private static final List<String> ANY = List.of("omni-moderation", "text-moderation", "llama-guard");

    private static final double THRESHOLD = 0.5;
    private static final int MOST_TURNS = 32;
    private static final Duration RETRY = Duration.ofSeconds(2);

    private final Guards guards;
    private final ModerationSettings settings;
    private final MediaIntake intake;
    private final TileMemory memory;
    private final ApiSettings api;
    private final CallerLimits limits;

    Moderations(
            Guards guards,
            ModerationSettings settings,
            MediaIntake intake,
            TileMemory memory,
            ApiSettings api,
            CallerLimits limits) {
        this.guards = guards;
        this.settings = settings;
        this.intake = intake;
        this.memory = memory;
        this.api = api;
        this.limits = limits;
    }

    /** How guards are asked. */
    GuardSettings settings() {
        return new GuardSettings(settings.template(), CategoryMode.JOINT, MOST_TURNS, false);
    }

    /**
     * The guard that a request asks for.
     *
     * @throws ApiException 404 if there is none of this name
     */
    ContentGuard guard(@Nullable String requested) {
        if (requested != null && guards.content(requested).isPresent()) {
            return guards.content(requested).get();
        }
        boolean isAny = requested == null || ANY.stream().anyMatch(requested.toLowerCase(Locale.ROOT)::startsWith);
        return (isAny ? guards.content(settings.guard()) : Optional.<ContentGuard>empty())
                .orElseThrow(() -> ApiException.modelNotFound(requested == null ? settings.guard() : requested));
    }

    /** The results of a request, one for each of its inputs. */
    List<Moderation.Result> results(ModerationRequest request, ContentGuard guard, Caller caller) {
        return request.items().stream().map(item -> result(item, guard, caller)).toList();
    }

    private Moderation.Result result(ModerationRequest.Item item, ContentGuard guard, Caller caller) {
        if (!item.images().isEmpty() && !guard.seesPictures()) {
            if (item.text().isEmpty()) {
                throw blind(guard, "input");
            }
            List<GuardTurn> words = List.of(new GuardTurn(GuardTurn.Speaker.USER, item.text()));
            return result(ask(guard, Direction.INPUT, words, caller), guard, words);
        }
        return withPictures(item.images(), "input", images -> {
            List<GuardTurn> turns = List.of(new GuardTurn(GuardTurn.Speaker.USER, item.text(), images));
            return result(ask(guard, Direction.INPUT, turns, caller), guard, turns);
        });
    }

    /** 400: the guard that was asked cannot judge what it was asked about. */
    static ApiException blind(ContentGuard guard, String field) {
        return ApiException.invalidRequest(
                400, "The guard '" + guard.name() + "' sees no pictures.", field, "unsupported_parameter");
    }

    /**
     * What {@code use} makes of pictures, which are decoded for as long.
     *
     * @param urls where they are
     * @param field what errors name
     * @throws ApiException 400 if they are too many or too large, or one cannot be read; 429 if there is no room now
     */
    <T> T withPictures(List<String> urls, String field, Function<List<GuardImage>, T> use) {
        int most = limits.maxImages(intake.settings().maxCount());
        if (urls.size() > most) {
            throw ApiException.invalidRequest(
                    400, "At most " + most + " pictures are accepted in a request.", field, "too_many_images");
        }
        List<ImageFile> files = urls.stream()
                .map(url -> RequestMedia.told(
                        refused -> field, () -> intake.file(url, limits.fetchPolicy(api.fetchPolicy()))))
                .toList();
        long bytes =
                files.stream().map(Moderations::size).mapToLong(Size::bytes).sum();
        try (TileMemory.Lease _ = RequestMedia.told(refused -> field, () -> memory.take(bytes))) {
            List<GuardImage> images = new ArrayList<>();
            for (ImageFile file : files) {
                Pixels pixels = RequestMedia.told(refused -> field, () -> intake.pixels(file));
                images.add(new GuardPicture(size(file), file.contentKey(), Optional.of(pixels)));
            }
            return use.apply(images);
        }
    }

    private static Size size(ImageFile file) {
        return new Size(file.header().width(), file.header().height());
    }

    /**
     * What a guard says of the last turn.
     *
     * @throws ApiException 503 if it is slow or down, 400 if the text is longer than it reads, 500 if it is set up wrongly
     *     or answers nonsense
     */
    GuardScores ask(ContentGuard guard, Direction direction, List<GuardTurn> turns, Caller caller) {
        GuardQuery query = new GuardQuery(
                direction,
                turns,
                GuardCategory.BUILT_IN,
                THRESHOLD,
                settings(),
                caller.cacheSalt(),
                settings.timeout());
        try {
            return guard.assess(query);
        } catch (GuardException failed) {
            throw told(guard.name(), failed);
        }
    }

    private static ApiException told(String guard, GuardException failed) {
        return switch (failed.status()) {
            case TIMEOUT, UNAVAILABLE -> ApiException.guardUnavailable(guard, RETRY);
            case TOO_LONG ->
                ApiException.invalidRequest(
                        400,
                        "The text is longer than the guard '" + guard + "' reads.",
                        null,
                        "context_length_exceeded");
            case UNPARSEABLE -> {
                LOG.warnf("guard %s: %s", guard, failed.getMessage());
                yield ApiException.guardFailed("The guard '" + guard + "' gives no verdict.", "guard_unparseable");
            }
            case MISCONFIGURED -> {
                LOG.errorf("guard %s: %s", guard, failed.getMessage());
                yield ApiException.guardFailed(
                        "The guard '" + guard + "' is set up wrongly on this server.", "guard_misconfigured");
            }
        };
    }

    /** Whether a guard's scores mean that a text is unsafe. */
    static boolean isFlagged(GuardScores scores) {
        boolean isUnnamed = scores.byCode().isEmpty() && scores.unlisted().isEmpty();
        return scores.unsafe() >= THRESHOLD && (isUnnamed || !flagged(scores).isEmpty());
    }

    /** Codes of the categories that were found. */
    static List<String> flagged(GuardScores scores) {
        return GuardCategory.BUILT_IN.stream()
                .map(GuardCategory::code)
                .filter(code -> scores.byCode().getOrDefault(code, 0.0) >= THRESHOLD)
                .toList();
    }

    /** Scores in OpenAI's words; there is no category for harassment alone, so it has a score only if there is something. */
    static Moderation.Result result(GuardScores scores, ContentGuard guard, List<GuardTurn> turns) {
        boolean isFlagged = isFlagged(scores);
        boolean sawImages = guard.seesPictures()
                && turns.stream().anyMatch(turn -> !turn.images().isEmpty());
        boolean sawText =
                !sawImages || turns.stream().anyMatch(turn -> !turn.text().isEmpty());
        Map<String, Boolean> categories = new LinkedHashMap<>();
        Map<String, Double> byName = new LinkedHashMap<>();
        Map<String, List<String>> applied = new LinkedHashMap<>();
        for (String name : ModerationNames.all()) {
            double score =
                    name.startsWith("harassment") && !isFlagged ? 0 : ModerationNames.score(name, scores.byCode());
            categories.put(name, isFlagged && score >= THRESHOLD);
            byName.put(name, score);
            applied.put(name, types(sawText, sawImages && ModerationNames.isAboutPictures(name)));
        }
        return new Moderation.Result(isFlagged, categories, byName, applied);
    }

    private static List<String> types(boolean sawText, boolean sawImages) {
        List<String> types = new ArrayList<>();
        if (sawText) {
            types.add("text");
        }
        if (sawImages) {
            types.add("image");
        }
        return types;
    }
}
