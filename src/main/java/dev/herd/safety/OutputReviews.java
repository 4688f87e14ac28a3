package dev.herd.safety;

import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;

/** The answers to one request, under judgement. Used by one thread at a time. */
public final class OutputReviews {
    private final Safety safety;
    private final Subject subject;
    private final PolicyRules rules;
    private final GuardPanel panel;
    private final OutputReview.Setting setting;
    private final LongSupplier nanoTime;
    private final List<OutputReview> open = new ArrayList<>();

    OutputReviews(
            Safety safety,
            Subject subject,
            PolicyRules rules,
            GuardPanel panel,
            OutputReview.Setting setting,
            LongSupplier nanoTime) {
        this.safety = safety;
        this.subject = subject;
        this.rules = rules;
        this.panel = panel;
        this.setting = setting;
        this.nanoTime = nanoTime;
    }

    /** Whether nothing is looked for, so that answers need not be judged. */
    public boolean isIdle() {
        return rules.scanPlan(Direction.OUTPUT).isEmpty()
                && rules.guardPlan(Direction.OUTPUT).isEmpty();
    }

    /**
     * The judgement of one more choice.
     *
     * @param onNews run, on any thread, when a guard has answered
     */
    public OutputReview open(Runnable onNews) {
        return open(setting.before(), onNews);
    }

    /**
     * The judgement of one more choice, which goes on with a text of its own.
     *
     * @param before that text
     * @param onNews run, on any thread, when a guard has answered
     */
    public OutputReview open(String before, Runnable onNews) {
        OutputReview review = new OutputReview(rules, panel, setting.after(before), onNews, nanoTime);
        open.add(review);
        return review;
    }

    /** What was decided about all choices together. */
    public SafetyDecision decision() {
        Assessment all = new Assessment();
        long nanos = 0;
        for (OutputReview review : open) {
            review.conclude();
            all.addAll(review.assessment());
            nanos += review.guardNanos();
        }
        return safety.decision(
                subject,
                Direction.OUTPUT,
                all,
                nanos,
                setting.redactions().count(),
                0,
                open.stream().map(OutputReview::text).collect(Collectors.joining("\n")),
                open.stream().map(OutputReview::redactedText).collect(Collectors.joining("\n")));
    }
}
