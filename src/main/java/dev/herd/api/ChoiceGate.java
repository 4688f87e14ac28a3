package dev.herd.api;

import dev.herd.api.openai.LogProbs;
import dev.herd.safety.OutputReview;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * Lets of one choice pass what its policy lets pass: text as far as it is decided, log-probabilities with all of their
 * token's text, calls when they are complete and judged. Used by one thread at a time.
 */
final class ChoiceGate {
    private final OutputReview review;
    private final Deque<HeldItem> items = new ArrayDeque<>();
    private final List<HeldCall> calls = new ArrayList<>();
    private int written;
    private int firstHeldCall;
    private boolean isWaking;

    /** A log-probability, and where in the choice's text its token stands. */
    private record HeldItem(LogProbs.Item item, int start, int end) {}

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
        return advance();
    }

    /** What may be shown after the guard has said something, or time has passed. */
    ChoiceText.Delta advance() {
        review.advance();
        OutputReview.Piece piece = review.release();
        List<LogProbs.Item> shown = items.isEmpty() ? List.of() : released(piece);
        List<CallDelta> shownCalls = calls.isEmpty() ? List.of() : releasedCalls();
        return piece.text().isEmpty() && shown.isEmpty() && shownCalls.isEmpty()
                ? ChoiceText.Delta.NONE
                : new ChoiceText.Delta(piece.text(), shown, shownCalls);
    }

    private void hold(ChoiceText.Delta delta) {
        int at = written;
        int limit = written + delta.text().length();
        for (LogProbs.Item item : delta.logProbs()) {
            int end = at;
            int bytes = item.bytes().size();
            while (bytes > 0 && end < limit) {
                int codePoint = delta.text().codePointAt(end - written);
                bytes -= utf8Length(codePoint);
                end += Character.charCount(codePoint);
            }
            items.add(new HeldItem(item, at, end));
            at = end;
        }
    }

    private static int utf8Length(int codePoint) {
        if (codePoint < 0x80) {
            return 1;
        }
        return codePoint < 0x800 ? 2 : codePoint < 0x10000 ? 3 : 4;
    }

    /** A token tells its text: it waits until all of that is out, and goes with what is replaced. */
    private List<LogProbs.Item> released(OutputReview.Piece piece) {
        items.removeIf(held -> touches(held, piece.replaced()));
        List<LogProbs.Item> released = new ArrayList<>();
        while (!items.isEmpty() && items.getFirst().end() <= piece.end()) {
            released.add(items.removeFirst().item());
        }
        return released;
    }

    private static boolean touches(HeldItem held, int[] replaced) {
        for (int i = 0; i < replaced.length; i += 2) {
            if (held.start() < replaced[i + 1] && held.end() > replaced[i]) {
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
