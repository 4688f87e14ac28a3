package dev.herd.safety;

import dev.herd.safety.Exchange.Segment;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Judges one answer while it grows, and says how much of it may be shown. Used by one thread at a time; only the
 * content guard answers on another, through {@code onNews}.
 */
public final class OutputReview {
    /*
     * Two things hold text back: the scan, exactly as far as a match may still begin, and the content guard, which is
     * asked about a part at a time and clears it. A guard that answers at once is shown instead all that the scan lets
     * pass, as it passes, and clears it on the spot. A policy that withholds nothing for what the guard says asks it once,
     * at the end, and nothing waits for it.
     */
    private static final int CHARS_PER_TOKEN = 4;
    private static final int MOST_AHEAD = 4;
    private static final int[] NOTHING_REPLACED = {};

    private final PolicyRules rules;
    private final GuardPanel panel;
    private final List<Segment> context;
    private final String cacheSalt;
    private final Redactions redactions;
    private final boolean isJson;
    private final Runnable onNews;
    private final LongSupplier nanoTime;
    private final Assessment assessment = new Assessment();
    private final TextScan scan;
    private final List<TextScan> calls = new ArrayList<>();
    private final List<Integer> notedCalls = new ArrayList<>();
    private final StringBuilder callTexts = new StringBuilder();
    private final ConcurrentLinkedQueue<Answer> news = new ConcurrentLinkedQueue<>();
    private final Mode mode;
    private final boolean gates;
    private final int partTokens;
    private final long delayNanos;
    private final @Nullable Checkpoint checkpoint;
    private int noted;
    private int tokens;
    private int clearedTokens;
    private int uncheckedTokens;
    private long uncheckedSince;
    private int cleared;
    private boolean isChecking;
    private boolean isFinished;
    private boolean isFinallyChecked;
    private long guardNanos;

    private enum Mode {
        ASYNC,
        WINDOW,
        FULL
    }

    private record Answer(List<GuardPanel.Opinion> opinions, int end, int tokens, boolean isFinal) {}

    /** What the review needs to know of the request. */
    record Setting(List<Segment> context, String before, boolean isJson, String cacheSalt, Redactions redactions) {
        Setting after(String other) {
            return new Setting(context, other, isJson, cacheSalt, redactions);
        }
    }

    OutputReview(PolicyRules rules, GuardPanel panel, Setting setting, Runnable onNews, LongSupplier nanoTime) {
        this.rules = rules;
        this.panel = panel;
        this.context = setting.context();
        this.cacheSalt = setting.cacheSalt();
        this.redactions = setting.redactions();
        this.isJson = setting.isJson();
        this.onNews = onNews;
        this.nanoTime = nanoTime;
        this.mode = switch (rules.text("/stream/mode")) {
            case "async" -> Mode.ASYNC;
            case "full" -> Mode.FULL;
            default -> Mode.WINDOW;
        };
        this.gates = mode != Mode.ASYNC
                && !rules.guardPlan(Direction.OUTPUT).isEmpty()
                && rules.guardPlan(Direction.OUTPUT).isEnforced();
        this.partTokens = rules.integer("/stream/chunkTokens");
        this.delayNanos = TimeUnit.MILLISECONDS.toNanos(rules.integer("/stream/maxDelayMs"));
        this.scan = new TextScan(rules.scanPlan(Direction.OUTPUT), isJson ? new JsonLens() : null, true, redactions);
        scan.prime(setting.before());
        this.cleared = scan.released();
        AnswerWatch watch = panel.watch();
        String shown = gates ? setting.before() : "";
        this.checkpoint = watch == null ? null : new Checkpoint(watch, panel, shown, cleared, assessment);
    }

    /** Where in its text the answer begins: behind what it goes on with. */
    public int position() {
        return scan.released();
    }

    /** Takes more of the answer. */
    public void accept(String text, int count) {
        if (isBlocked()) {
            return;
        }
        scan.accept(text);
        if (uncheckedTokens == 0) {
            uncheckedSince = nanoTime.getAsLong();
        }
        uncheckedTokens += count;
        tokens += count;
    }

    /** Takes more of the arguments of a call; calls are counted from 0. */
    public void acceptCall(int index, String name, String arguments) {
        while (calls.size() <= index) {
            calls.add(new TextScan(rules.scanPlan(Direction.OUTPUT), new JsonLens(), true, redactions));
            notedCalls.add(0);
            callTexts.append('\n').append(name);
        }
        callTexts.append(arguments);
        calls.get(index).accept(arguments);
    }

    /** A call has all its arguments. */
    public void finishCall(int index) {
        calls.get(index).finish();
    }

    private void noteCall(int index) {
        TextScan call = calls.get(index);
        int before = notedCalls.get(index);
        if (call.found().size() > before) {
            assessment.add(call, TextSource.ASSISTANT, index + 1, before);
            notedCalls.set(index, call.found().size());
        }
    }

    /** No more of the answer comes. */
    public void finish() {
        if (!isFinished) {
            isFinished = true;
            scan.finish();
            for (TextScan call : calls) {
                call.finish();
            }
        }
    }

    /** Asks the guard if it is time to, and takes in what it has said; to be called after every change and on news. */
    public void advance() {
        for (Answer answer = news.poll(); answer != null; answer = news.poll()) {
            take(answer);
        }
        if (checkpoint != null) {
            pass(checkpoint);
        } else if (isDue()) {
            ask();
            advance();
        }
    }

    private void pass(Checkpoint guard) {
        boolean isTime = (gates && mode == Mode.WINDOW) || (isFinished && !isBlocked());
        if (!isTime || isFinallyChecked || assessment.isBlocked()) {
            return;
        }
        if (gates) {
            guard.pass(scan.release(Integer.MAX_VALUE));
        } else {
            guard.show(scan.preview(Integer.MAX_VALUE));
        }
        if (isFinished && !isBlocked()) {
            guard.show(callTexts);
            isFinallyChecked = true;
        }
    }

    private void noteFound() {
        if (scan.found().size() > noted) {
            assessment.add(scan, TextSource.ASSISTANT, 0, noted);
            noted = scan.found().size();
        }
    }

    private boolean isDue() {
        if (isChecking || isBlocked() || rules.guardPlan(Direction.OUTPUT).isEmpty() || isFinallyChecked) {
            return false;
        }
        if (isFinished) {
            return true;
        }
        if (!gates || mode == Mode.FULL || uncheckedTokens == 0) {
            return false;
        }
        return panel.isImmediate()
                || uncheckedTokens >= partTokens
                || nanoTime.getAsLong() - uncheckedSince >= delayNanos;
    }

    private void ask() {
        isChecking = true;
        uncheckedTokens = 0;
        int end = scan.text().length();
        int upTo = tokens;
        boolean isFinal = isFinished;
        int contextChars = rules.integer("/stream/contextTokens") * CHARS_PER_TOKEN;
        String answer = isFinal ? scan.preview(Integer.MAX_VALUE) + callTexts : scan.preview(contextChars);
        long start = nanoTime.getAsLong();
        List<CompletableFuture<GuardPanel.Opinion>> asked =
                panel.content(Direction.OUTPUT, Conversation.output(context, answer, panel.settings()), cacheSalt);
        CompletableFuture<Void> _ = CompletableFuture.allOf(asked.toArray(CompletableFuture[]::new))
                .thenRun(() -> {
                    guardNanos += nanoTime.getAsLong() - start;
                    news.add(new Answer(
                            asked.stream().map(CompletableFuture::join).toList(), end, upTo, isFinal));
                    onNews.run();
                });
    }

    private void take(Answer answer) {
        isChecking = false;
        isFinallyChecked |= answer.isFinal();
        answer.opinions().forEach(opinion -> panel.enter(Direction.OUTPUT, opinion, assessment));
        if (!assessment.isBlocked()) {
            cleared = Math.max(cleared, answer.end());
            clearedTokens = answer.tokens();
        }
    }

    /** What may be shown now; after a block, once more what lies before it or was cleared before it. */
    public Piece release() {
        if (checkpoint != null && gates) {
            return isWithheldByGuard()
                    ? new Piece("", checkpoint.fetched(), NOTHING_REPLACED)
                    : piece(checkpoint.fetch());
        }
        boolean isNothing = mode == Mode.FULL && (!isSettled() || isWithheldByGuard());
        boolean isCleared =
                isWithheldByGuard() || (gates && !isFinallyChecked); // what was cleared before a block stays so
        int limit = isNothing ? 0 : isCleared ? cleared : Integer.MAX_VALUE;
        return piece(scan.release(limit));
    }

    private static Piece piece(TextScan.Release release) {
        return new Piece(release.text(), release.end(), release.replaced());
    }

    private boolean isWithheldByGuard() {
        return isBlocked() && !scan.isBlocked();
    }

    /** What may be shown now of a call's arguments. */
    public String releaseCall(int index) {
        return isBlocked() ? "" : calls.get(index).release(Integer.MAX_VALUE).text();
    }

    /** Whether a text would be shown as it is if it were all of an answer; what guards say is not asked. */
    public boolean wouldShow(String other) {
        TextScan alone = new TextScan(rules.scanPlan(Direction.OUTPUT), null, true, new Redactions());
        alone.accept(other);
        alone.finish();
        return !alone.isBlocked() && alone.release(Integer.MAX_VALUE).replaced().length == 0;
    }

    /** Whether anything has been replaced in an answer to the request. */
    public boolean hasReplaced() {
        return redactions.count() > 0;
    }

    /** Whether calls have to wait until they are complete and judged. */
    public boolean holdsCalls() {
        return gates || mode == Mode.FULL || scan.isWithholding();
    }

    /** Whether calls may be shown that are complete. */
    public boolean mayShowCalls() {
        return !isBlocked() && (!gates || isFinallyChecked) && (mode != Mode.FULL || isSettled());
    }

    /** Whether something must not be shown, so that the answer ends here. */
    public boolean isBlocked() {
        if (assessment.isBlocked() || scan.isBlocked()) {
            return true;
        }
        for (TextScan call : calls) {
            if (call.isBlocked()) {
                return true;
            }
        }
        return false;
    }

    /** Whether all is known that will be: the answer may end. */
    public boolean isSettled() {
        return isBlocked()
                || (isFinished
                        && (isFinallyChecked
                                || rules.guardPlan(Direction.OUTPUT).isEmpty()));
    }

    /** Whether the guard has to be asked when the longest delay has passed, though nothing else happens. */
    public boolean needsWaking() {
        return gates && mode == Mode.WINDOW && !panel.isImmediate() && uncheckedTokens > 0 && !isChecking;
    }

    /** Whether the answer is so far ahead of the guard that its generation should pause. */
    public boolean isAhead() {
        return checkpoint == null && gates && mode == Mode.WINDOW && tokens - clearedTokens > MOST_AHEAD * partTokens;
    }

    /** The longest delay. */
    public java.time.Duration delay() {
        return java.time.Duration.ofNanos(delayNanos);
    }

    /** Enters what the calls' scans have found; before the assessment is read for the last time. */
    void conclude() {
        noteFound();
        for (int i = 0; i < calls.size(); i++) {
            noteCall(i);
        }
    }

    Assessment assessment() {
        return assessment;
    }

    long guardNanos() {
        return guardNanos;
    }

    /** Everything that the model has said, as it said it. */
    String text() {
        return scan.text().toString() + callTexts;
    }

    /** The same with everything replaced. */
    String redactedText() {
        return scan.preview(Integer.MAX_VALUE);
    }

    /**
     * A part of the answer that may be shown.
     *
     * @param text with everything replaced
     * @param end up to where in the answer as the model wrote it this reaches, in characters
     * @param replaced beginnings and ends there of what was replaced
     */
    public record Piece(String text, int end, int[] replaced) {}
}
