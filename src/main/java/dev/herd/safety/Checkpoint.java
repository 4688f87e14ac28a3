package dev.herd.safety;

import dev.herd.safety.GuardRunner.Outcome;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Shows a guard that answers at once what the scan of an answer lets pass, and holds it until it is fetched. For one
 * answer and one thread.
 */
final class Checkpoint {
    private final AnswerWatch watch;
    private final GuardPanel panel;
    private final Assessment assessment;
    private final Map<String, Double> entered = new HashMap<>();
    private @Nullable GuardScores last;
    private TextScan.Release held;
    private int fetched;

    /**
     * Before anything is shown.
     *
     * @param before text that the answer goes on with; ends at {@code position}
     * @param assessment hears of what the guard finds
     */
    Checkpoint(AnswerWatch watch, GuardPanel panel, String before, int position, Assessment assessment) {
        this.watch = watch;
        this.panel = panel;
        this.assessment = assessment;
        this.held = TextScan.Release.nothing(position);
        this.fetched = position;
        watch.accept(before);
    }

    /** Shows the guard more of the answer, which is fetched if the guard does not block. */
    void pass(TextScan.Release more) {
        show(more.text());
        held = held.and(more);
    }

    /** Shows the guard something that is not fetched here. */
    void show(CharSequence more) {
        watch.accept(more);
        GuardScores scores = watch.scores();
        if (!scores.equals(last)) {
            boolean isFirst = last == null;
            last = scores;
            Map<String, Double> fresh = new HashMap<>(scores.byCode());
            fresh.entrySet().removeIf(score -> score.getValue() <= entered.getOrDefault(score.getKey(), 0.0));
            entered.putAll(fresh);
            if (isFirst || !fresh.isEmpty()) {
                GuardScores news = new GuardScores(scores.unsafe(), fresh, scores.unlisted(), false, false, 0);
                panel.enter(
                        Direction.OUTPUT, GuardPanel.Opinion.unlimited(new Outcome.Answered<>(news, 0)), assessment);
            }
        }
    }

    /** What may be shown now; each part once. */
    TextScan.Release fetch() {
        TextScan.Release now = held;
        held = TextScan.Release.nothing(now.end());
        fetched = now.end();
        return now;
    }

    /** Up to where the answer has been fetched. */
    int fetched() {
        return fetched;
    }
}
