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

    /** The answers of the content guard about a conversation, one per call that its categories take. */
    List<CompletableFuture<Outcome<GuardScores>>> content(
            Direction direction, List<GuardTurn> turns, String cacheSalt) {
        GuardPlan plan = rules.guardPlan(direction);
        Optional<ContentGuard> guard = guards.content(rules.guard());
        List<CompletableFuture<Outcome<GuardScores>>> answers = new ArrayList<>();
        for (List<GuardCategory> categories : plan.calls()) {
            if (guard.isEmpty()) {
                answers.add(missing());
                continue;
            }
            GuardQuery query =
                    new GuardQuery(direction, turns, categories, plan.threshold(), settings(), cacheSalt, timeout);
            answers.add(
                    guard.get() instanceof ImmediateGuard
                            ? CompletableFuture.completedFuture(
                                    GuardRunner.askHere(() -> guard.get().assess(query)))
                            : runner.ask(() -> guard.get().assess(query), timeout, rules.integer("/failure/retry")));
        }
        return answers;
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
    void enter(Direction direction, Outcome<GuardScores> outcome, Assessment assessment) {
        TextSource source = direction == Direction.INPUT ? TextSource.USER : TextSource.ASSISTANT;
        switch (outcome) {
            case Outcome.Failed<GuardScores>(GuardException.Status status, long millis) ->
                assessment.addFailure(rules.guard(), status, source, rules.failure(direction), millis);
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
                                plan.ruling(code, score),
                                millis));
                if (scores.byCode().isEmpty() && scores.unlisted().isEmpty() && scores.unsafe() >= plan.threshold()) {
                    String code = GuardPlan.UNSPECIFIED;
                    assessment.addScore(
                            rules.guard(),
                            code,
                            source,
                            scores.unsafe(),
                            plan.threshold(),
                            plan.ruling(code, scores.unsafe()),
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
