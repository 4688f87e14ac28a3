package dev.herd.guard;

import dev.herd.safety.GuardCategory;
import dev.herd.safety.GuardScores;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** The worst of several answers about one text. Used by one thread. */
final class ScoreSum {
    private final Map<String, Double> byCode = new HashMap<>();
    private final List<String> unlisted = new ArrayList<>();
    private double unsafe;
    private boolean isLowMass;
    private boolean isTruncated;
    private int tokens;

    /** Takes in an answer: each category that it names has the score of the whole. */
    void add(GuardQuestion question, double score, Verdict verdict) {
        Set<String> asked =
                question.categories().stream().map(GuardCategory::code).collect(Collectors.toSet());
        unsafe = Math.max(unsafe, score);
        for (String code : verdict.codes()) {
            if (asked.contains(code)) {
                byCode.merge(code, score, Math::max);
            } else if (!unlisted.contains(code)) {
                unlisted.add(code);
            }
        }
    }

    /** Takes in an answer whose probability says nothing: what it wrote counts. */
    void addUnlikely(GuardQuestion question, Verdict verdict) {
        isLowMass = true;
        add(question, verdict.isUnsafe() ? 1 : 0, verdict);
    }

    void addTruncation() {
        isTruncated = true;
    }

    void addTokens(int count) {
        tokens = Math.addExact(tokens, count);
    }

    GuardScores scores() {
        return new GuardScores(unsafe, byCode, unlisted, isLowMass, isTruncated, tokens);
    }
}
