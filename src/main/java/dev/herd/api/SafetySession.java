package dev.herd.api;

import dev.herd.api.openai.ApiException;
import dev.herd.api.openai.SafetyReport;
import dev.herd.api.openai.SafetyWish;
import dev.herd.safety.Action;
import dev.herd.safety.AuditSink;
import dev.herd.safety.Direction;
import dev.herd.safety.Exchange.Segment;
import dev.herd.safety.OutputReviews;
import dev.herd.safety.PolicyAnswers;
import dev.herd.safety.PolicyAnswers.Trace;
import dev.herd.safety.Safety;
import dev.herd.safety.SafetyDecision;
import dev.herd.safety.Subject;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One request under its policy, from the first look at it to the record of its end. First {@link #admit} on a worker
 * thread, then {@link #watch}; what follows comes from the thread that empties the answer.
 */
final class SafetySession {
    /** Names the policy that a request asks for, and in the answer the one that bound it. */
    static final String POLICY = "X-Safety-Policy";

    private static final String ACTION = "X-Safety-Action";
    private static final String ASSESSMENT = "X-Safety-Assessment-Id";

    private final Safety safety;
    private final Subject subject;
    private final PolicyAnswers answers;
    private final Manners manners;
    private final AuditSink records;
    private Safety.@Nullable Input input;
    private @Nullable OutputReviews reviews;
    private List<String> beginnings = List.of("");
    private @Nullable SafetyDecision output;

    /**
     * How the client wants to be told.
     *
     * @param languages as in {@code Accept-Language}
     */
    record Manners(String languages, @Nullable SafetyWish wish) {}

    SafetySession(Safety safety, Subject subject, Manners manners, AuditSink records) {
        this.safety = safety;
        this.subject = subject;
        this.answers = subject.policy().policy().answers();
        this.manners = manners;
        this.records = records;
    }

    /** How the policy wants clients to be answered. */
    PolicyAnswers answers() {
        return answers;
    }

    /** Whether a guard is going to look at pictures, which then have to be decoded. */
    boolean showsPictures() {
        return safety.showsPictures(subject.policy());
    }

    /**
     * Judges what is to go to the model, and records the decision. Waits for guards.
     *
     * @param param what errors name
     * @return the segments with everything replaced that must be; empty if nothing may go to the model and the client is
     *     to be told by a message
     * @throws ApiException 400 if nothing may go to the model, 503 if a guard that is needed gives no answer
     */
    Optional<List<Segment>> admit(List<Segment> segments, String param) {
        Safety.Input judged = safety.input(subject, segments);
        input = judged;
        records.record(judged.decision());
        if (!judged.isBlocked()) {
            return Optional.of(judged.segments());
        }
        if (judged.isUnavailable()) {
            throw ApiException.safetyUnavailable(report());
        }
        if (answers.inputIsError()) {
            throw ApiException.contentFilter(answers.message(Direction.INPUT, manners.languages()), param, report());
        }
        return Optional.empty();
    }

    /**
     * Begins to judge the answers to what was admitted.
     *
     * @param before texts that the answers go on with, one for all or one for each
     */
    void watch(List<String> before, boolean isJson) {
        beginnings = List.copyOf(before);
        reviews = safety.output(subject, Objects.requireNonNull(input).segments(), "", isJson);
    }

    /** What judges a choice; empty if there is nothing to look for. */
    Optional<ChoiceGate> gate(int choice, Runnable onNews) {
        return reviews == null || reviews.isIdle()
                ? Optional.empty()
                : Optional.of(new ChoiceGate(
                        reviews.open(beginnings.get(Math.min(choice, beginnings.size() - 1)), onNews)));
    }

    /** What is said instead of what does not pass in a direction. */
    Withheld withheld(Direction direction) {
        return new Withheld(
                answers.message(direction, manners.languages()),
                answers.outputIsRefusal(),
                direction == Direction.INPUT || answers.streamsSayWhy());
    }

    /** Records what was decided about the answers; nothing is judged after it. */
    void end() {
        if (reviews != null && output == null) {
            output = reviews.decision();
            records.record(output);
        }
    }

    /** What the answer shows of the assessment; null if nothing. */
    @Nullable
    SafetyReport report() {
        SafetyDecision in = Objects.requireNonNull(input).decision();
        SafetyDecision out = output == null && reviews != null ? reviews.decision() : output;
        return SafetyReports.of(in, out, trace(in, out));
    }

    private Trace trace(SafetyDecision in, @Nullable SafetyDecision out) {
        Trace allowed = answers.trace();
        SafetyWish.Trace wished = manners.wish() == null ? null : manners.wish().trace();
        if (wished != null) {
            Trace wanted = Trace.valueOf(wished.name());
            return wanted.compareTo(allowed) < 0 ? wanted : allowed;
        }
        boolean isEventful = in.action() != Action.ALLOW || (out != null && out.action() != Action.ALLOW);
        return allowed == Trace.MINIMAL && !isEventful ? Trace.NONE : allowed;
    }

    /** The headers of the answer; the action is what is known when they are sent. */
    Map<String, String> headers() {
        Action done = input == null ? Action.ALLOW : input.decision().effective();
        if (output != null) {
            done = done.or(output.effective());
        }
        return Map.of(POLICY, subject.policy().label(), ACTION, done.wireName(), ASSESSMENT, subject.assessmentId());
    }
}
