package dev.herd.api;

import dev.herd.api.openai.ApiException;
import dev.herd.api.openai.Moderation;
import dev.herd.api.openai.ModerationRequest;
import dev.herd.guard.ModerationNames;
import dev.herd.media.MediaIntake;
import dev.herd.media.Pixels;
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
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Asks guards about texts without enforcing anything. Waits for them; not for an event loop. */
@Singleton
final class Moderations {
    /** Names that clients send who mean whatever the server has. */
    private static final List<String> ANY = List.of("omni-moderation", "text-moderation", "llama-guard");

    private static final double THRESHOLD = 0.5;
    private static final int MOST_TURNS = 32;
    private static final Duration RETRY = Duration.ofSeconds(2);

    private final Guards guards;
    private final ModerationSettings settings;
    private final MediaIntake intake;
    private final ApiSettings api;
    private final CallerLimits limits;

    Moderations(Guards guards, ModerationSettings settings, MediaIntake intake, ApiSettings api, CallerLimits limits) {
        this.guards = guards;
        this.settings = settings;
        this.intake = intake;
        this.api = api;
        this.limits = limits;
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
        List<GuardImage> images =
                item.images().stream().<GuardImage>map(this::image).toList();
        GuardTurn turn = new GuardTurn(GuardTurn.Speaker.USER, item.text(), images);
        return result(
                ask(guard, Direction.INPUT, List.of(turn), caller), !item.text().isEmpty(), !images.isEmpty());
    }

    private Picture image(String url) {
        return new Picture(
                RequestMedia.told(refused -> "input", () -> intake.pixels(url, limits.fetchPolicy(api.fetchPolicy()))));
    }

    /** What a guard says of the last turn. */
    GuardScores ask(ContentGuard guard, Direction direction, List<GuardTurn> turns, Caller caller) {
        GuardQuery query = new GuardQuery(
                direction,
                turns,
                GuardCategory.BUILT_IN,
                THRESHOLD,
                new GuardSettings(settings.template(), CategoryMode.JOINT, MOST_TURNS, false),
                caller.cacheSalt(),
                settings.timeout());
        try {
            return guard.assess(query);
        } catch (GuardException failed) {
            throw ApiException.guardUnavailable(guard.name(), RETRY);
        }
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
    static Moderation.Result result(GuardScores scores, boolean hasText, boolean hasImages) {
        boolean isFlagged = isFlagged(scores);
        boolean sawImages = hasImages && !scores.isTruncated();
        List<String> types = sawImages ? (hasText ? List.of("text", "image") : List.of("image")) : List.of("text");
        Map<String, Boolean> categories = new LinkedHashMap<>();
        Map<String, Double> byName = new LinkedHashMap<>();
        Map<String, List<String>> applied = new LinkedHashMap<>();
        for (String name : ModerationNames.all()) {
            double score =
                    name.startsWith("harassment") && !isFlagged ? 0 : ModerationNames.score(name, scores.byCode());
            categories.put(name, isFlagged && score >= THRESHOLD);
            byName.put(name, score);
            applied.put(name, types);
        }
        return new Moderation.Result(isFlagged, categories, byName, applied);
    }

    /** A decoded picture as guards see it. */
    private record Picture(Pixels pixels) implements GuardImage {
        @Override
        public int width() {
            return pixels.width();
        }

        @Override
        public int height() {
            return pixels.height();
        }

        @Override
        public byte[] rgb() {
            return pixels.rgb();
        }
    }
}
