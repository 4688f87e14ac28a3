package dev.herd.safety;

import java.util.ArrayList;
import java.util.List;

/** A regular expression as the steps of a machine that tries all its ways at once. Immutable. */
final class Regex {
    private final List<Step> steps;
    private final int reach;

    Regex(List<Step> steps) {
        this.steps = List.copyOf(steps);
        this.reach = reach(steps);
    }

    List<Step> steps() {
        return steps;
    }

    int size() {
        return steps.size();
    }

    /** What the machine does; numbers are those of steps. */
    sealed interface Step {
        /** Takes a code point of the set, then goes on with the next step. */
        record Take(CodePoints set) implements Step {}

        /** Goes on in two ways. */
        record Fork(int one, int other) implements Step {}

        /** Goes on with the next step where the condition holds. */
        record Require(Condition condition) implements Step {}

        /** A match ends. */
        record Match() implements Step {}
    }

    /** What must hold between two code points; {@link #NONE} stands for the ends of the text. */
    enum Condition {
        WORD_EDGE,
        NO_WORD_EDGE,
        LINE_START,
        LINE_END,
        /** Nothing before that could belong to the same number or name. */
        TOKEN_START,
        /** Nothing behind that could belong to the same number or name. */
        TOKEN_END;

        static final int NONE = -1;

        boolean holds(int before, int after) {
            return switch (this) {
                case WORD_EDGE -> isWord(before) != isWord(after);
                case NO_WORD_EDGE -> isWord(before) == isWord(after);
                case LINE_START -> before == NONE || before == '\n';
                case LINE_END -> after == NONE || after == '\n';
                case TOKEN_START -> !isWord(before) && before != '-' && before != '.';
                case TOKEN_END -> !isWord(after) && after != '-';
            };
        }

        private static boolean isWord(int codePoint) {
            return codePoint != NONE && Folding.isWord(codePoint);
        }
    }

    /** Code points of the longest match in which nothing repeats that may repeat without limit. */
    int reach() {
        return reach;
    }

    private static int reach(List<Step> steps) {
        int[] reach = new int[steps.size()];
        for (int at = steps.size() - 1; at >= 0; at--) {
            reach[at] = switch (steps.get(at)) {
                case Step.Match match -> 0;
                case Step.Take take -> 1 + reach[at + 1];
                case Step.Require require -> reach[at + 1];
                case Step.Fork(int one, int other) ->
                    one <= at ? reach[at + 1] : Math.max(reach[one], reach[other]); // a loop is left behind its end
            };
        }
        return reach[0];
    }

    /** Whether the expression matches nothing, in which case it would match everywhere. */
    boolean matchesEmpty() {
        List<Integer> reached = new ArrayList<>(List.of(0));
        for (int i = 0; i < reached.size(); i++) {
            int at = reached.get(i);
            switch (steps.get(at)) {
                case Step.Match match -> {
                    return true;
                }
                case Step.Take take -> {}
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
}
