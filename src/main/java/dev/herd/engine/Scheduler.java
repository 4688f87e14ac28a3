package dev.herd.engine;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Decides which sequences a step computes and how many tokens of each. It sees token counts and blocks, no arrays of
 * floats. Used by the scheduling thread only.
 */
final class Scheduler {
    /*
     * Sequences of one priority are admitted first come, first served, smaller priorities first: if the foremost waiting
     * one finds no room, the others wait behind it, so that among equals none starves. Admission promises the blocks of
     * the longest possible answer (BlockManager), so every running sequence can always go on, and as a sequence of full
     * length fits an empty pool, there is always progress.
     *
     * A step first takes one token of every sequence that needs only one. What is left of the batch goes to slices of
     * prompts, oldest first. As there are never more running sequences than tokens in a batch, each single token finds
     * its place, and so does at least one token of the oldest prompt.
     *
     * What a prompt shares with others is looked for before each of its slices, and a prompt whose next block is just being
     * computed for another one waits for it. So of several that come together, the first computes for all.
     *
     * A slice that reaches into a picture which is not encoded yet waits as a whole: computing the few tokens before it
     * would read all weights for little.
     */
    private final BlockManager blocks;
    private final int maxRunning;
    private final int maxBatchTokens;
    private final int prefillSlice;
    private final Deque<Sequence> waiting = new ArrayDeque<>();
    private final List<Sequence> running = new ArrayList<>();

    /** {@code maxRunning} must not exceed {@code maxBatchTokens}. */
    Scheduler(BlockManager blocks, int maxRunning, int maxBatchTokens, int prefillSlice) {
        this.blocks = blocks;
        this.maxRunning = maxRunning;
        this.maxBatchTokens = maxBatchTokens;
        this.prefillSlice = prefillSlice;
    }

    /** Puts a sequence into the queue, behind all of its own priority. */
    void add(Sequence sequence) {
        Deque<Sequence> later = new ArrayDeque<>();
        while (!waiting.isEmpty() && waiting.getLast().priority() > sequence.priority()) {
            later.addFirst(waiting.removeLast());
        }
        waiting.addLast(sequence);
        waiting.addAll(later);
    }

    /**
     * The sequences of the next step, with their slices scheduled and the blocks for these lent; empty if none
     * can be computed.
     */
    List<Sequence> schedule(long now) {
        admit();
        List<Sequence> scheduled = new ArrayList<>(running.size());
        int budget = maxBatchTokens;
        for (Sequence sequence : running) {
            if (sequence.remainingTokens() == 1 && sequence.readyTokens() == 1) {
                budget -= schedule(sequence, 1, now);
                scheduled.add(sequence);
            }
        }
        Set<PrefixKeys.Key> underWay = new HashSet<>();
        for (Sequence sequence : running) {
            if (budget == 0 || scheduled.contains(sequence)) {
                continue;
            }
            blocks.adopt(sequence);
            int count = longestSlice(sequence, Math.min(budget, prefillSlice));
            Optional<PrefixKeys.Key> next = blocks.nextKey(sequence);
            if (sequence.readyTokens() >= count && next.map(underWay::add).orElse(true)) {
                budget -= schedule(sequence, count, now);
                scheduled.add(sequence);
            }
        }
        return scheduled;
    }

    /** Admits waiting sequences as far as there is room. */
    void admit() {
        while (running.size() < maxRunning
                && !waiting.isEmpty()
                && blocks.reserve(blocks.required(waiting.getFirst().maxPositions()))) {
            Sequence next = waiting.removeFirst();
            running.add(next);
            next.enter(Sequence.State.RUNNING);
        }
    }

    /** The admitted sequences, oldest first; a copy. */
    List<Sequence> running() {
        return List.copyOf(running);
    }

    /**
     * Moves a sequence past the slice that was computed, remembers what may be shared of it, and takes back the blocks it
     * will not attend to again.
     */
    void advance(Sequence sequence) {
        int from = sequence.cachedTokens();
        sequence.advance();
        blocks.remember(sequence, from);
        blocks.drop(sequence.blocks(), sequence.cachedTokens());
    }

    /** Ends a sequence, waiting or running, and takes back what it holds. */
    void remove(Sequence sequence) {
        if (sequence.state() == Sequence.State.RUNNING) {
            running.remove(sequence);
            blocks.release(sequence.blocks());
            blocks.unreserve(blocks.required(sequence.maxPositions()));
        } else {
            waiting.remove(sequence);
        }
        sequence.enter(Sequence.State.FINISHED);
    }

    /** All sequences, running ones first; a copy. */
    List<Sequence> sequences() {
        List<Sequence> all = new ArrayList<>(running);
        all.addAll(waiting);
        return all;
    }

    /** Forgets all sequences, without taking back what they hold, and returns them. */
    List<Sequence> abandon() {
        List<Sequence> all = sequences();
        running.clear();
        waiting.clear();
        all.forEach(sequence -> sequence.enter(Sequence.State.FINISHED));
        return all;
    }

    /** Number of admitted sequences. */
    int runningCount() {
        return running.size();
    }

    private int longestSlice(Sequence sequence, int limit) {
        return Math.min(Math.min(limit, sequence.remainingTokens()), blocks.longestSlice(sequence.cachedTokens()));
    }

    private int schedule(Sequence sequence, int count, long now) {
        blocks.extend(sequence.blocks(), sequence.cachedTokens() + count);
        sequence.schedule(count, now);
        return count;
    }
}
