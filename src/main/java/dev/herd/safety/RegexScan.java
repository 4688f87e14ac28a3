package dev.herd.safety;

import dev.herd.safety.Regex.Condition;
import dev.herd.safety.Regex.Step;

/**
 * Runs a {@link RegexSet} over a folded text. Work per code point is at most the number of steps, whatever the text.
 */
final class RegexScan implements Matcher {
    /*
     * Each way through the machine knows where it began. Of two at the same step only the one that began earlier is
     * followed: it covers the other. Ways are kept in the order of their beginnings, so the first is the earliest, which
     * is as far as text may be shown. Conditions wait until the next code point is known.
     */
    private final RegexSet set;
    private final int[] waiting;
    private final int[] waitingStarts;
    private final int[] ready;
    private final int[] readyStarts;
    private final int[] mark;
    private final int[] stack;
    private int waitingCount;
    private int readyCount;
    private int round;
    private int before = Condition.NONE;
    private int lastEnd;

    RegexScan(RegexSet set) {
        this.set = set;
        this.waiting = new int[set.size()];
        this.waitingStarts = new int[set.size()];
        this.ready = new int[set.size()];
        this.readyStarts = new int[set.size()];
        this.mark = new int[set.size()];
        this.stack = new int[set.size() + 1];
    }

    @Override
    public void accept(int codePoint, int start, int end, Hits hits) {
        int[] entries = set.entries(codePoint);
        if (waitingCount > 0 || entries.length > 0) {
            settle(codePoint, hits);
            for (int entry : entries) {
                follow(entry, start, codePoint, hits);
            }
            take(codePoint, end, hits);
        }
        before = codePoint;
        lastEnd = end;
    }

    @Override
    public void finish(Hits hits) {
        settle(Condition.NONE, hits);
        waitingCount = 0;
    }

    @Override
    public int open(int otherwise) {
        return waitingCount == 0 ? otherwise : Math.min(otherwise, waitingStarts[0]);
    }

    /** Decides the conditions between the last code point and {@code next}. */
    private void settle(int next, Hits hits) {
        round++;
        readyCount = 0;
        for (int i = 0; i < waitingCount; i++) {
            follow(waiting[i], waitingStarts[i], next, hits);
        }
    }

    /** Adds all steps that take something and are reached from {@code from} before {@code next} comes. */
    private void follow(int from, int start, int next, Hits hits) {
        int top = 0;
        stack[top++] = from;
        while (top > 0) {
            int at = stack[--top];
            if (mark[at] == round) {
                continue;
            }
            mark[at] = set.step(at) instanceof Step.Match ? 0 : round; // each beginning of a match counts
            switch (set.step(at)) {
                case Step.Take take -> {
                    ready[readyCount] = at;
                    readyStarts[readyCount++] = start;
                }
                case Step.Match match -> hit(at, start, hits);
                case Step.Require(Condition condition) -> {
                    if (condition.holds(before, next)) {
                        stack[top++] = at + 1;
                    }
                }
                case Step.Fork(int one, int other) -> {
                    stack[top++] = other;
                    if (one != other) {
                        stack[top++] = one;
                    }
                }
            }
        }
    }

    private void take(int codePoint, int end, Hits hits) {
        round++;
        waitingCount = 0;
        lastEnd = end;
        for (int i = 0; i < readyCount; i++) {
            if (((Step.Take) set.step(ready[i])).set().contains(codePoint)) {
                advance(ready[i] + 1, readyStarts[i], hits);
            }
        }
    }

    /** As {@link #follow}, but conditions stay undecided. */
    private void advance(int from, int start, Hits hits) {
        int top = 0;
        stack[top++] = from;
        while (top > 0) {
            int at = stack[--top];
            if (mark[at] == round) {
                continue;
            }
            mark[at] = set.step(at) instanceof Step.Match ? 0 : round; // each beginning of a match counts
            switch (set.step(at)) {
                case Step.Take take -> wait(at, start);
                case Step.Require require -> wait(at, start);
                case Step.Match match -> hit(at, start, hits);
                case Step.Fork(int one, int other) -> {
                    stack[top++] = other;
                    if (one != other) {
                        stack[top++] = one;
                    }
                }
            }
        }
    }

    private void wait(int at, int start) {
        waiting[waitingCount] = at;
        waitingStarts[waitingCount++] = start;
    }

    private void hit(int at, int start, Hits hits) {
        if (lastEnd > start) {
            hits.hit(set.rule(at), start, lastEnd);
        }
    }
}
