package dev.herd.safety;

import dev.herd.safety.GuardRunner.Outcome;
import dev.herd.safety.GuardSettings.CategoryMode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** The guards that a policy names, asked as it wants. Immutable. */
final class GuardPanel {
    private static final Ruling NO_LIMIT = Ruling.of(Action.BLOCK);

    private final PolicyRules rules;
    private final Guards guards;
    private final GuardRunner runner;
    private final Duration timeout;

    GuardPanel(PolicyRules rules, Guards guards, GuardRunner runner) {
        this.rules = rules;
        this.guards = guards;
        this.runner = runner;
        this.timeout = Duration.ofMillis(rules.integer("/failure/timeoutMs"));
    }

    /** How the content guard is to be asked. */
    GuardSettings settings() {
        return new GuardSettings(
                rules.text("/content/templateVariant"),
                rules.text("/content/categoryMode").equals("joint") ? CategoryMode.JOINT : CategoryMode.PER_CATEGORY,
                rules.integer("/content/maxTurns"),
                rules.flag("/content/includeSystem"));
    }

    /** Whether the content guard answers at once. */
    boolean isImmediate() {
        return guards.content(rules.guard())
                .map(ImmediateGuard.class::isInstance)
                .orElse(true);
    }

    /**
     * What the content guard has said.
     *
     * @param limit the most severe that may follow
     */
    record Opinion(Outcome<GuardScores> outcome, Ruling limit) {
        static Opinion unlimited(Outcome<GuardScores> outcome) {
            return new Opinion(outcome, NO_LIMIT);
        }
    }

    /** Whether the content guard is shown the pictures of what goes to the model. */
    boolean showsPictures() {
        return wantsPictures()
                && guards.content(rules.guard()).map(ContentGuard::seesPictures).orElse(false);
    }

    private boolean wantsPictures() {
        return rules.pictures().matters()
                && !rules.guardPlan(Direction.INPUT).calls().isEmpty();
    }

    /**
     * The opinions of the content guard about a conversation, one per call that its categories take. If more may follow
     * from what is said than from what is shown, it is asked about that without pictures, too: they excuse nothing.
     */
    List<CompletableFuture<Opinion>> content(Direction direction, List<GuardTurn> turns, String cacheSalt) {
        GuardPlan plan = rules.guardPlan(direction);
        boolean isShown = showsPictures() && hasPictures(turns);
        boolean isOnce = isShown && plan.severest().atMost(rules.pictures()).equals(plan.severest());
        List<CompletableFuture<Opinion>> opinions = new ArrayList<>();
        for (List<GuardCategory> categories : plan.calls()) {
            if (!isOnce) {
                opinions.add(opinion(direction, withoutPictures(turns), categories, cacheSalt, NO_LIMIT));
            }
            if (isShown) {
                opinions.add(opinion(direction, turns, categories, cacheSalt, rules.pictures()));
            }
        }
        return opinions;
    }

    private static boolean hasPictures(List<GuardTurn> turns) {
        return turns.stream().anyMatch(turn -> !turn.images().isEmpty());
    }

    private static List<GuardTurn> withoutPictures(List<GuardTurn> turns) {
        return turns.stream()
                .map(turn -> turn.images().isEmpty() ? turn : new GuardTurn(turn.speaker(), turn.text()))
                .toList();
    }

    private CompletableFuture<Opinion> opinion(
            Direction direction,
            List<GuardTurn> turns,
            List<GuardCategory> categories,
            String cacheSalt,
            Ruling limit) {
        Optional<ContentGuard> guard = guards.content(rules.guard());
        if (guard.isEmpty()) {
            return GuardPanel.<GuardScores>missing().thenApply(outcome -> new Opinion(outcome, limit));
        }
        double threshold = rules.guardPlan(direction).threshold();
        GuardQuery query = new GuardQuery(direction, turns, categories, threshold, settings(), cacheSalt, timeout);
        CompletableFuture<Outcome<GuardScores>> answer = guard.get() instanceof ImmediateGuard
                ? CompletableFuture.completedFuture(
                        GuardRunner.askHere(() -> guard.get().assess(query)))
                : runner.ask(() -> guard.get().assess(query), timeout, rules.integer("/failure/retry"));
        return answer.thenApply(outcome -> new Opinion(outcome, limit));
    }

    /**
     * Enters that the content guard sees none of a conversation's pictures, if it has some and the policy wants them seen:
     * it follows what the policy says of unsafe pictures, as far as nothing milder follows from a guard that fails. Of a guard
     * that by its nature knows words only, nobody expected more: then it is reported and nothing else follows.
     */
    void enterUnseen(List<GuardTurn> turns, Assessment assessment) {
        ContentGuard guard = guards.content(rules.guard()).orElse(null);
        if (guard == null || guard.seesPictures() || !wantsPictures() || !hasPictures(turns)) {
            return;
        }
        Ruling pictures = rules.pictures();
        Ruling ruling = guard instanceof ImmediateGuard
                ? pictures.atMost(Ruling.of(Action.ANNOTATE))
                : pictures.atMost(rules.failure(Direction.INPUT));
        boolean isLet = ruling.effective().compareTo(pictures.effective()) < 0;
        assessment.addUnseenPictures(rules.guard(), ruling, isLet);
    }

    /** The content guard's own watch over an answer; null if it wants to be asked, or there is nothing to ask. */
    @Nullable
    AnswerWatch watch() {
        List<GuardCategory> categories = rules.guardPlan(Direction.OUTPUT).calls().stream()
                .flatMap(List::stream)
                .toList();
        boolean isAsked = !categories.isEmpty();
        return isAsked && guards.content(rules.guard()).orElse(null) instanceof ImmediateGuard guard
                ? guard.watch(categories)
                : null;
    }

    /** The answer of the injection detector about a text. */
    CompletableFuture<Outcome<InjectionScore>> injection(String text, TextSource source) {
        Optional<InjectionDetector> detector = guards.detector(rules.injectionModel());
        if (detector.isEmpty()) {
            return missing();
        }
        InjectionQuery query = new InjectionQuery(
                text,
                source,
                rules.integer("/promptAttack/overlapTokens"),
                rules.integer("/promptAttack/maxWindows"),
                timeout);
        return detector.get() instanceof ImmediateGuard
                ? CompletableFuture.completedFuture(
                        GuardRunner.askHere(() -> detector.get().score(query)))
                : runner.ask(() -> detector.get().score(query), timeout, rules.integer("/failure/retry"));
    }

    private static <T> CompletableFuture<Outcome<T>> missing() {
        return CompletableFuture.completedFuture(new Outcome.Failed<>(GuardException.Status.MISCONFIGURED, 0));
    }

    /** Enters what the content guard said. */
    void enter(Direction direction, Opinion opinion, Assessment assessment) {
        TextSource source = direction == Direction.INPUT ? TextSource.USER : TextSource.ASSISTANT;
        Ruling limit = opinion.limit();
        switch (opinion.outcome()) {
            case Outcome.Failed<GuardScores>(GuardException.Status status, long millis) ->
                assessment.addFailure(
                        rules.guard(), status, source, rules.failure(direction).atMost(limit), millis);
            case Outcome.Answered<GuardScores>(GuardScores scores, long millis) -> {
                guards.content(rules.guard())
                        .ifPresent(guard -> assessment.addGuard(guard.name(), guard.revision(), scores.tokens()));
                if (scores.isTruncated()) {
                    assessment.addTruncation();
                }
                GuardPlan plan = rules.guardPlan(direction);
                scores.byCode()
                        .forEach((code, score) -> assessment.addScore(
                                rules.guard(),
                                code,
                                source,
                                score,
                                plan.threshold(code),
                                plan.ruling(code, score).atMost(limit),
                                millis));
                if (scores.byCode().isEmpty() && scores.unlisted().isEmpty() && scores.unsafe() >= plan.threshold()) {
                    String code = GuardPlan.UNSPECIFIED;
                    assessment.addScore(
                            rules.guard(),
                            code,
                            source,
                            scores.unsafe(),
                            plan.threshold(),
                            plan.ruling(code, scores.unsafe()).atMost(limit),
                            millis);
                }
            }
        }
    }

    /** Enters what the injection detector said about text of a source. */
    void enterInjection(TextSource source, int segment, Outcome<InjectionScore> outcome, Assessment assessment) {
        switch (outcome) {
            case Outcome.Failed<InjectionScore>(GuardException.Status status, long millis) ->
                assessment.addFailure(rules.injectionModel(), status, source, rules.failure(Direction.INPUT), millis);
            case Outcome.Answered<InjectionScore>(InjectionScore score, long millis) -> {
                guards.detector(rules.injectionModel())
                        .ifPresent(model -> assessment.addGuard(model.name(), model.revision(), score.tokens()));
                if (score.isTruncated()) {
                    assessment.addTruncation();
                }
                Ruling ruling = rules.injection(source, score.score());
                boolean isDetected = ruling.matters();
                assessment.add(new Finding(
                        rules.injectionModel(),
                        "prompt_attack",
                        source,
                        isDetected ? segment + ":" + score.start() + "-" + score.end() : "",
                        score.score(),
                        rules.injectionThreshold(source),
                        ruling.action(),
                        ruling.effective(),
                        isDetected,
                        "",
                        millis));
            }
        }
    }
}
