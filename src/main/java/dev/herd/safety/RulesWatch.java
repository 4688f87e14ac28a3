package dev.herd.safety;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Runs rules and the terms of a tenant's own categories over a text that may come in pieces. */
final class RulesWatch implements AnswerWatch {
    private static final int ASCII = 128;

    private final RuleScan rules;
    private final @Nullable TermScan terms;
    private final List<GuardCategory> categories;
    private final Scores found = new Scores();
    private final Scores provisional = new Scores();
    private GuardScores scores = GuardScores.safe(0);
    private int position;

    /** The best score of each code; a rule's label is its score. */
    private static final class Scores implements Hits {
        private final Map<String, Double> byCode = new HashMap<>();
        private boolean isNew;

        @Override
        public void hit(ScanRule rule, int start, int end) {
            byCode.merge(rule.code(), Double.valueOf(rule.label()), Math::max);
            isNew = true;
        }

        double of(String code) {
            return byCode.getOrDefault(code, 0.0);
        }
    }

    /** Scores beyond those for {@code categories} are left out. */
    RulesWatch(RuleScan rules, @Nullable TermScan terms, List<GuardCategory> categories) {
        this.rules = rules;
        this.terms = terms;
        this.categories = categories;
    }

    @Override
    public void accept(CharSequence more) {
        for (int at = 0; at < more.length(); ) {
            int codePoint = Character.codePointAt(more, at);
            int size = Character.charCount(codePoint);
            int[] changed = codePoint < ASCII ? null : Folding.change(codePoint);
            if (changed == null) {
                accept(codePoint, position + size);
            } else {
                for (int symbol : changed) {
                    accept(symbol, position + size);
                }
            }
            at += size;
            position += size;
        }
    }

    private void accept(int symbol, int end) {
        rules.accept(symbol, position, end, found);
        if (terms != null) {
            terms.accept(symbol, position, end, found);
        }
    }

    @Override
    public GuardScores scores() {
        boolean isUnsettled = found.isNew || provisional.isNew;
        provisional.byCode.clear();
        provisional.isNew = false;
        rules.finish(provisional);
        if (terms != null) {
            terms.finish(provisional);
        }
        if (isUnsettled || provisional.isNew) {
            found.isNew = false;
            update();
        }
        return scores;
    }

    private void update() {
        Map<String, Double> byCode = new HashMap<>();
        double unsafe = 0;
        for (GuardCategory category : categories) {
            double score = Math.max(found.of(category.code()), provisional.of(category.code()));
            if (score > 0) {
                byCode.put(category.code(), score);
                unsafe = Math.max(unsafe, score);
            }
        }
        if (!byCode.equals(scores.byCode())) {
            scores = new GuardScores(unsafe, byCode, List.of(), false, false, 0);
        }
    }
}
