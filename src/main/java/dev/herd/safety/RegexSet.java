package dev.herd.safety;

import dev.herd.safety.Regex.Step;
import java.util.ArrayList;
import java.util.List;

/** Many regular expressions as one machine. Immutable; {@link RegexScan} runs it. */
final class RegexSet {
    private final Step[] steps;
    private final ScanRule[] rules;
    private final int[][] entriesByAscii = new int[128][];
    private final int[] otherEntries;

    /** An expression and what its matches mean. */
    record Entry(Regex regex, ScanRule rule) {}

    RegexSet(List<Entry> entries) {
        List<Step> all = new ArrayList<>();
        List<ScanRule> owners = new ArrayList<>();
        List<Integer> starts = new ArrayList<>();
        for (Entry entry : entries) {
            int from = all.size();
            starts.add(from);
            for (Step step : entry.regex().steps()) {
                all.add(step instanceof Step.Fork(int one, int other) ? new Step.Fork(one + from, other + from) : step);
                owners.add(entry.rule());
            }
        }
        this.steps = all.toArray(Step[]::new);
        this.rules = owners.toArray(ScanRule[]::new);
        for (int symbol = 0; symbol < 128; symbol++) {
            int ascii = symbol;
            entriesByAscii[symbol] = starts.stream()
                    .filter(start -> mayBegin(start, ascii))
                    .mapToInt(Integer::intValue)
                    .toArray();
        }
        this.otherEntries = starts.stream().mapToInt(Integer::intValue).toArray();
    }

    private boolean mayBegin(int entry, int symbol) {
        List<Integer> reached = new ArrayList<>(List.of(entry));
        for (int i = 0; i < reached.size(); i++) {
            int at = reached.get(i);
            switch (steps[at]) {
                case Step.Match match -> {}
                case Step.Take(CodePoints set) -> {
                    if (set.contains(symbol)) {
                        return true;
                    }
                }
                case Step.Require require -> addOnce(reached, at + 1);
                case Step.Fork(int one, int other) -> {
                    addOnce(reached, one);
                    addOnce(reached, other);
                }
            }
        }
        return false;
    }

    private static void addOnce(List<Integer> reached, int step) {
        if (!reached.contains(step)) {
            reached.add(step);
        }
    }

    /** Where the expressions begin that may begin with a code point. */
    int[] entries(int codePoint) {
        return codePoint < 128 ? entriesByAscii[codePoint] : otherEntries;
    }

    Step step(int index) {
        return steps[index];
    }

    /** What a match means that a step belongs to. */
    ScanRule rule(int step) {
        return rules[step];
    }

    int size() {
        return steps.length;
    }
}
