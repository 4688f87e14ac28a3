package dev.herd.api;

import dev.herd.api.openai.LogProbs;
import dev.herd.safety.OutputReview;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Lets of one choice pass what its policy lets pass: text as far as it is decided, log-probabilities with all of their
 * token's text, calls when they are complete and judged. Used by one thread at a time.
 */
final class ChoiceGate {
    private final OutputReview review;
    /*
     * A token tells its text. Where the text is that of the tokens, one behind the other, each waits for its own; tokens
     * of which that is not known wait, where anything can be withheld, until everything is judged and shown as it was.
     */
    private final Deque<HeldItem> items = new ArrayDeque<>();
    private final Deque<HeldItem> incomplete = new ArrayDeque<>();
    private final List<LogProbs.Item> unplaced = new ArrayList<>();
    private final Map<String, Boolean> mayBeAlternative = new HashMap<>();
    private final List<HeldCall> calls = new ArrayList<>();
    private int written;
    private int firstHeldCall;
    private boolean isAligned = true;
    private boolean isFinished;
    private boolean isWaking;

    /** A log-probability, and where in the choice's text its token stands. */
    private static final class HeldItem {
        private final LogProbs.Item item;
        private final int start;
        private int end;
        private int missingBytes;

        HeldItem(LogProbs.Item item, int start, int missingBytes) {
            this.item = item;
            this.start = start;
            this.end = start;
            this.missingBytes = missingBytes;
        }
    }

    /** A call in the making. */
    private static final class HeldCall {
        private final CallDelta.Begun begun;
        private boolean isComplete;
        private boolean isBegunShown;

        HeldCall(CallDelta.Begun begun) {
            this.begun = begun;
        }
    }

    ChoiceGate(OutputReview review) {
        this.review = review;
        this.written = review.position();
    }

    /** Takes what a token adds; what may be shown now is returned. */
    ChoiceText.Delta pass(ChoiceText.Delta delta) {
        if (!review.isBlocked()) {
            hold(delta);
            review.accept(delta.text(), 1);
            written += delta.text().length();
            delta.calls().forEach(this::hold);
        }
        return advance();
    }

    /** The choice is complete; what may be shown now is returned. */
    ChoiceText.Delta finish() {
        if (!calls.isEmpty()) {
            complete(calls.size() - 1);
        }
        review.finish();
        isFinished = true;
        return advance();
    }

    /** What may be shown after the guard has said something, or time has passed. */
    ChoiceText.Delta advance() {
        review.advance();
        OutputReview.Piece piece = review.release();
        List<LogProbs.Item> shown = items.isEmpty() ? List.of() : released(piece);
        List<CallDelta> shownCalls = calls.isEmpty() ? List.of() : releasedCalls();
        if (isFinished && mayShowUnplaced()) {
            shown = new ArrayList<>(shown);
            shown.addAll(unplaced);
            unplaced.clear();
        }
        return piece.text().isEmpty() && shown.isEmpty() && shownCalls.isEmpty()
                ? ChoiceText.Delta.NONE
                : new ChoiceText.Delta(piece.text(), shown, shownCalls, isAligned);
    }

    private void hold(ChoiceText.Delta delta) {
        if (isAligned && !delta.isAligned()) {
            isAligned = false;
            incomplete.forEach(this::giveUpPlacing);
            incomplete.clear();
        }
        int at = written;
        while (!incomplete.isEmpty() && at < written + delta.text().length()) {
            at = extend(incomplete.getFirst(), delta.text(), at);
            if (incomplete.getFirst().missingBytes <= 0) {
                incomplete.removeFirst();
            }
        }
        for (LogProbs.Item item : delta.logProbs()) {
            LogProbs.Item allowed = review.holdsCalls() ? withAllowedAlternatives(item) : item;
            if (!isAligned && review.holdsCalls()) {
                unplaced.add(allowed);
                continue;
            }
            HeldItem held = new HeldItem(allowed, at, isAligned ? item.bytes().size() : 0);
            at = extend(held, delta.text(), at);
            items.add(held);
            if (held.missingBytes > 0) {
                incomplete.add(held);
            }
        }
    }

    private void giveUpPlacing(HeldItem held) {
        held.missingBytes = 0;
        if (review.holdsCalls() && items.remove(held)) {
            unplaced.add(held.item);
        }
    }

    /** Takes what of the text behind {@code at} is the token's; returns where the next token's begins. */
    private int extend(HeldItem held, String text, int at) {
        int end = at;
        while (held.missingBytes > 0 && end < written + text.length()) {
            int codePoint = text.codePointAt(end - written);
            held.missingBytes -= utf8Length(codePoint);
            end += Character.charCount(codePoint);
        }
        held.end = end;
        return end;
    }

    /** What could have been said instead is not shown if it could not have been said. */
    private LogProbs.Item withAllowedAlternatives(LogProbs.Item item) {
        List<LogProbs.Alternative> allowed = item.topLogprobs().stream()
                .filter(other -> other.token().equals(item.token())
                        || mayBeAlternative.computeIfAbsent(other.token(), review::wouldShow))
                .toList();
        return allowed.size() == item.topLogprobs().size()
                ? item
                : new LogProbs.Item(item.token(), item.logprob(), item.bytes(), allowed);
    }

    private boolean mayShowUnplaced() {
        return !unplaced.isEmpty()
                && review.isSettled()
                && !review.isBlocked()
                && !review.hasReplaced()
                && firstHeldCall == calls.size();
    }

    private static int utf8Length(int codePoint) {
        if (codePoint < 0x80) {
            return 1;
        }
        return codePoint < 0x800 ? 2 : codePoint < 0x10000 ? 3 : 4;
    }

    private List<LogProbs.Item> released(OutputReview.Piece piece) {
        items.removeIf(held -> touches(held, piece.replaced()));
        List<LogProbs.Item> released = new ArrayList<>();
        boolean isAll = isFinished && review.isSettled() && !review.isBlocked();
        while (!items.isEmpty()
                && items.getFirst().end <= piece.end()
                && (isAll || items.getFirst().missingBytes <= 0)) {
            released.add(items.removeFirst().item);
        }
        return released;
    }

    private static boolean touches(HeldItem held, int[] replaced) {
        for (int i = 0; i < replaced.length; i += 2) {
            if (held.start < replaced[i + 1] && held.end > replaced[i]) {
                return true;
            }
        }
        return false;
    }

    private void hold(CallDelta call) {
        if (call.begun() != null) {
            if (!calls.isEmpty()) {
                complete(calls.size() - 1);
            }
            calls.add(new HeldCall(call.begun()));
        }
        review.acceptCall(call.index(), calls.get(call.index()).begun.name(), call.arguments());
    }

    private void complete(int index) {
        HeldCall call = calls.get(index);
        if (!call.isComplete) {
            call.isComplete = true;
            review.finishCall(index);
        }
    }

    private List<CallDelta> releasedCalls() {
        List<CallDelta> released = new ArrayList<>();
        while (firstHeldCall < calls.size()) {
            HeldCall call = calls.get(firstHeldCall);
            boolean mayShow = !review.holdsCalls() || (call.isComplete && review.mayShowCalls());
            if (!mayShow || review.isBlocked()) {
                return released;
            }
            if (!call.isBegunShown) {
                released.add(new CallDelta(firstHeldCall, call.begun, ""));
                call.isBegunShown = true;
            }
            String arguments = review.releaseCall(firstHeldCall);
            if (!arguments.isEmpty()) {
                released.add(new CallDelta(firstHeldCall, null, arguments));
            }
            if (!call.isComplete) {
                return released;
            }
            firstHeldCall++;
        }
        return released;
    }

    /** Whether the choice ends here because something in it must not be shown. */
    boolean isBlocked() {
        return review.isBlocked();
    }

    /** Whether the choice may end: it is blocked, or nothing more will be said about it. */
    boolean isSettled() {
        return review.isSettled();
    }

    /** Whether the answer is so far ahead of its judgement that its generation should pause. */
    boolean isAhead() {
        return review.isAhead();
    }

    /** Whether {@link #advance} has to be called when {@link #delay} has passed, and nobody has been told yet. */
    boolean wantsWaking() {
        if (isWaking || !review.needsWaking()) {
            return false;
        }
        isWaking = true;
        return true;
    }

    /** The time has passed. */
    void woken() {
        isWaking = false;
    }

    Duration delay() {
        return review.delay();
    }
}
