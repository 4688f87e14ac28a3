package dev.herd.safety;

import dev.herd.safety.Regex.Condition;
import dev.herd.safety.Regex.Step;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Many regular expressions as one machine. Immutable; {@link RegexScan} runs it. */
final class RegexSet {
    /*
     * Steps lie in arrays: telling objects of several kinds apart costs more than what they do. Forks that go one way
     * only are left out; whatever leads to one leads to where it leads. Where expressions begin is known beforehand for
     * all that it depends on: the kind of character before, and the next one. Most characters begin none.
     */
    static final byte TAKE = 0;
    static final byte FORK = 1;
    static final byte REQUIRE = 2;
    static final byte MATCH = 3;

    private static final int ASCII = 128;
    /** A code point of each kind that conditions tell apart. */
    private static final int[] KINDS = {' ', 'a', '-', '.', Condition.NONE};

    /** How many kinds there are. */
    static final int KIND_COUNT = 5;

    private static final int OTHER_KIND = 0;
    private static final int WORD_KIND = 1;

    private final byte[] kinds;
    private final int[] targets;
    private final int[] otherTargets;
    private final CodePoints[] sets;
    private final Condition[] conditions;
    private final ScanRule[] rules;
    private final int[][][] entriesByAscii = new int[KINDS.length][ASCII][];
    private final int[][][] otherEntries = new int[KINDS.length][2][];

    /** An expression and what its matches mean. */
    record Entry(Regex regex, ScanRule rule) {}

    RegexSet(List<Entry> entries) {
        int size = entries.stream().mapToInt(entry -> entry.regex().size()).sum();
        this.kinds = new byte[size];
        this.targets = new int[size];
        this.otherTargets = new int[size];
        this.sets = new CodePoints[size];
        this.conditions = new Condition[size];
        this.rules = new ScanRule[size];
        int[] starts = new int[entries.size()];
        int from = 0;
        for (int i = 0; i < starts.length; i++) {
            add(entries.get(i), from);
            starts[i] = from;
            from += entries.get(i).regex().size();
        }
        for (int at = 0; at < size; at++) {
            targets[at] = kinds[at] == MATCH ? at : withoutDetour(targets[at]);
            otherTargets[at] = kinds[at] == FORK ? withoutDetour(otherTargets[at]) : at;
        }
        for (int kind = 0; kind < KINDS.length; kind++) {
            addEntries(starts, kind);
        }
    }

    private void addEntries(int[] starts, int before) {
        int[][] first = new int[KINDS.length][];
        for (int next = 0; next < KINDS.length; next++) {
            first[next] = first(starts, KINDS[before], KINDS[next]);
        }
        for (int symbol = 0; symbol < ASCII; symbol++) {
            int next = symbol;
            entriesByAscii[before][symbol] = Arrays.stream(first[kind(symbol)])
                    .filter(step -> sets[step].contains(next))
                    .toArray();
        }
        otherEntries[before][OTHER_KIND] = first[OTHER_KIND];
        otherEntries[before][WORD_KIND] = first[WORD_KIND];
    }

    private void add(Entry entry, int from) {
        int at = from;
        for (Step step : entry.regex().steps()) {
            rules[at] = entry.rule();
            targets[at] = at + 1;
            switch (step) {
                case Step.Take(CodePoints set) -> {
                    kinds[at] = TAKE;
                    sets[at] = set;
                }
                case Step.Require(Condition condition) -> {
                    kinds[at] = REQUIRE;
                    conditions[at] = condition;
                }
                case Step.Match match -> kinds[at] = MATCH;
                case Step.Fork(int one, int other) -> {
                    kinds[at] = FORK;
                    targets[at] = from + one;
                    otherTargets[at] = from + other;
                }
            }
            at++;
        }
    }

    private int withoutDetour(int step) {
        int at = step;
        while (kinds[at] == FORK && targets[at] == otherTargets[at]) {
            at = targets[at];
        }
        return at;
    }

    /** The steps that may take a character of {@code next}'s kind as the first of a match, behind one like {@code before}. */
    private int[] first(int[] starts, int before, int next) {
        List<Integer> takes = new ArrayList<>();
        boolean[] isSeen = new boolean[kinds.length];
        List<Integer> open = new ArrayList<>();
        for (int i = starts.length - 1; i >= 0; i--) {
            open.add(starts[i]);
        }
        while (!open.isEmpty()) {
            int at = open.removeLast();
            if (isSeen[at]) {
                continue;
            }
            isSeen[at] = true;
            switch (kinds[at]) {
                case TAKE -> takes.add(at);
                case FORK -> {
                    open.add(otherTargets[at]);
                    open.add(targets[at]);
                }
                case REQUIRE -> {
                    if (conditions[at].holds(before, next)) {
                        open.add(targets[at]);
                    }
                }
                default -> throw new IllegalArgumentException("an expression matches the empty text");
            }
        }
        return takes.stream().mapToInt(Integer::intValue).toArray();
    }

    /** The steps with which a match may begin at {@code next}, behind {@code before}; beyond ASCII, some that may not. */
    int[] entries(int before, int next) {
        int kind = kind(before);
        return next < ASCII
                ? entriesByAscii[kind][next]
                : otherEntries[kind][Folding.isWord(next) ? WORD_KIND : OTHER_KIND];
    }

    /** What conditions may tell of a code point. */
    static int kind(int codePoint) {
        return switch (codePoint) {
            case '-' -> 2;
            case '.' -> 3;
            case '\n', Condition.NONE -> 4;
            default -> Folding.isWord(codePoint) ? WORD_KIND : OTHER_KIND;
        };
    }

    /** What a step does: {@link #TAKE}, {@link #FORK}, {@link #REQUIRE} or {@link #MATCH}. */
    byte does(int step) {
        return kinds[step];
    }

    /** Where a step leads. */
    int target(int step) {
        return targets[step];
    }

    /** Where a fork leads, too. */
    int otherTarget(int step) {
        return otherTargets[step];
    }

    /** Whether a step takes a code point. */
    boolean takes(int step, int codePoint) {
        return sets[step].contains(codePoint);
    }

    /** Whether the condition of a step holds between two code points. */
    boolean holds(int step, int before, int after) {
        return conditions[step].holds(before, after);
    }

    /** What a match means that a step belongs to. */
    ScanRule rule(int step) {
        return rules[step];
    }

    int size() {
        return kinds.length;
    }
}
