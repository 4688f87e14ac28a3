package dev.herd.safety;

import dev.herd.safety.Regex.Condition;
import dev.herd.safety.RegexMemo.Move;
import dev.herd.safety.RegexMemo.State;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Runs a {@link RegexSet} over a folded text. Work per code point is at most the number of steps, whatever the text.
 */
final class RegexScan implements Matcher {
    /*
     * Each way through the machine knows where it began. Of two at the same step only the one that began earlier is
     * followed: it covers the other. Ways are kept in the order of their beginnings, so the first is the earliest, which
     * is as far as text may be shown. Conditions wait until the next code point is known.
     *
     * Where ways lead does not depend on where they began. So a step of the whole machine is computed with the ways'
     * numbers in place of their beginnings, and remembered where there is a memo: the next time it is a look-up.
     */
    private static final int BEGINS = -1;
    private static final int ASCII = 128;

    private final RegexSet set;
    private final @Nullable RegexMemo memo;
    private final int[] mark;
    private @Nullable State state;
    private int[] waiting = new int[16];
    private int[] sources = new int[16];
    private int[] starts = new int[16];
    private int[] nextStarts = new int[16];
    private int[] taken = new int[16];
    private int[] takenSources = new int[16];
    private int[] stack = new int[16];
    private int[] hits = new int[16];
    private int waitingCount;
    private int takenCount;
    private int hitCount;
    private int round;
    private int before = Condition.NONE;
    private int lastEnd;

    /** Runs {@code set} and remembers nothing. */
    RegexScan(RegexSet set) {
        this(set, null);
    }

    /** Runs {@code set}; what is remembered of it may be shared by scans. */
    RegexScan(RegexSet set, @Nullable RegexMemo memo) {
        this.set = set;
        this.memo = memo;
        this.mark = new int[set.size()];
        this.state = stateNow();
    }

    private @Nullable State stateNow() {
        return memo == null ? null : memo.state(waiting, waitingCount, RegexSet.kind(before));
    }

    /** Begins anew, behind {@code codePoint}. */
    void restart(int codePoint) {
        waitingCount = 0;
        before = codePoint;
        state = stateNow();
    }

    @Override
    public void accept(int codePoint, int start, int end, Hits sink) {
        State from = state;
        Move move = from == null || codePoint >= ASCII ? null : from.move(codePoint);
        if (move != null) {
            apply(move, start, end, sink);
        } else {
            step(codePoint, start, end, sink);
        }
        before = codePoint;
        lastEnd = end;
    }

    private void apply(Move move, int start, int end, Hits sink) {
        tell(move.hits(), 0, move.before(), start, lastEnd, sink);
        tell(move.hits(), move.before(), move.hits().length, start, end, sink);
        begin(move.sources(), move.sources().length, start);
        state = move.next();
    }

    /** Gives each way its beginning. */
    private void begin(int[] from, int count, int start) {
        if (nextStarts.length < count) {
            nextStarts = new int[2 * count];
        }
        for (int i = 0; i < count; i++) {
            nextStarts[i] = from[i] == BEGINS ? start : starts[from[i]];
        }
        int[] free = starts;
        starts = nextStarts;
        nextStarts = free;
        waitingCount = count;
    }

    private void tell(int[] found, int first, int last, int start, int end, Hits sink) {
        for (int i = first; i < last; i += 2) {
            int from = found[i + 1] == BEGINS ? start : starts[found[i + 1]];
            if (end > from) {
                sink.hit(set.rule(found[i]), from, end);
            }
        }
    }

    private void step(int codePoint, int start, int end, Hits sink) {
        State from = state;
        if (from != null) {
            waitingCount = from.steps().length;
            waiting = waiting.length < waitingCount ? new int[2 * waitingCount] : waiting;
            System.arraycopy(from.steps(), 0, waiting, 0, waitingCount);
        }
        settle(codePoint);
        for (int entry : set.entries(before, codePoint)) {
            take(entry, BEGINS, codePoint);
        }
        int beforeHits = hitCount;
        round++;
        waitingCount = 0;
        for (int i = 0; i < takenCount; i++) {
            advance(set.target(taken[i]), takenSources[i]);
        }
        tell(hits, 0, beforeHits, start, lastEnd, sink);
        tell(hits, beforeHits, hitCount, start, end, sink);
        before = codePoint;
        State to = from != null || waitingCount == 0 ? stateNow() : null;
        if (memo != null && from != null && to != null && codePoint < ASCII) {
            Move move = new Move(to, Arrays.copyOf(sources, waitingCount), Arrays.copyOf(hits, hitCount), beforeHits);
            memo.remember(from, codePoint, move);
        }
        begin(sources, waitingCount, start);
        state = to;
    }

    /** Takes {@code next} on all ways; decides the conditions before it. */
    private void settle(int next) {
        round++;
        takenCount = 0;
        hitCount = 0;
        for (int i = 0; i < waitingCount; i++) {
            take(waiting[i], i, next);
        }
    }

    /** Tells what matches if no more comes. */
    @Override
    public void finish(Hits sink) {
        if (state != null) {
            waitingCount = state.steps().length;
            waiting = Arrays.copyOf(state.steps(), Math.max(16, waitingCount));
        }
        settle(Condition.NONE);
        tell(hits, 0, hitCount, lastEnd, lastEnd, sink);
    }

    @Override
    public int open(int otherwise) {
        return waitingCount == 0 ? otherwise : Math.min(otherwise, starts[0]);
    }

    /** Takes {@code next} at a step, or at all that lie behind it where its condition holds. */
    private void take(int from, int source, int next) {
        int top = 0;
        int at = from;
        while (true) {
            if (mark[at] != round) {
                mark[at] = round;
                switch (set.does(at)) {
                    case RegexSet.TAKE -> {
                        if (next != Condition.NONE && set.takes(at, next)) {
                            keep(at, source);
                        }
                    }
                    case RegexSet.REQUIRE -> {
                        if (set.holds(at, before, next)) {
                            at = set.target(at);
                            continue;
                        }
                    }
                    case RegexSet.FORK -> {
                        push(top++, set.otherTarget(at));
                        at = set.target(at);
                        continue;
                    }
                    default -> match(at, source);
                }
            }
            if (top == 0) {
                return;
            }
            at = stack[--top];
        }
    }

    /** Waits at all steps that are reached from one; conditions stay undecided. */
    private void advance(int from, int source) {
        int top = 0;
        int at = from;
        while (true) {
            if (mark[at] != round) {
                mark[at] = round;
                byte kind = set.does(at);
                if (kind == RegexSet.FORK) {
                    push(top++, set.otherTarget(at));
                    at = set.target(at);
                    continue;
                }
                if (kind == RegexSet.MATCH) {
                    match(at, source);
                } else {
                    wait(at, source);
                }
            }
            if (top == 0) {
                return;
            }
            at = stack[--top];
        }
    }

    private void push(int top, int step) {
        if (top == stack.length) {
            stack = Arrays.copyOf(stack, 2 * top);
        }
        stack[top] = step;
    }

    private void keep(int step, int source) {
        if (takenCount == taken.length) {
            taken = Arrays.copyOf(taken, 2 * takenCount);
            takenSources = Arrays.copyOf(takenSources, 2 * takenCount);
        }
        taken[takenCount] = step;
        takenSources[takenCount++] = source;
    }

    private void wait(int step, int source) {
        if (waitingCount == waiting.length) {
            waiting = Arrays.copyOf(waiting, 2 * waitingCount);
        }
        if (waitingCount == sources.length) {
            sources = Arrays.copyOf(sources, 2 * waitingCount);
        }
        waiting[waitingCount] = step;
        sources[waitingCount++] = source;
    }

    private void match(int step, int source) {
        mark[step] = 0; // each beginning of a match counts
        if (hitCount + 2 > hits.length) {
            hits = Arrays.copyOf(hits, 2 * hits.length);
        }
        hits[hitCount++] = step;
        hits[hitCount++] = source;
    }
}
