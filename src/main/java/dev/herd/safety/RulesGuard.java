package dev.herd.safety;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A guard without a model: fixed phrases and patterns. It is always there, costs microseconds and misses whatever is said
 * in other words or other languages than English; docs/safety.md states its limits. Safe for use by many threads.
 */
public final class RulesGuard implements ContentGuard, InjectionDetector {
    /** What policies call it. */
    public static final String NAME = "rules";

    private static final String REVISION = "rules-1";
    private static final int CHARS_PER_TOKEN = 4;

    private final RegexSet contentRules;
    private final RegexSet injectionRules;
    private final TermTrie spaceless;

    /** With the rules that are built in. */
    public RulesGuard() {
        this.contentRules = new RegexSet(RuleBook.content());
        this.injectionRules = new RegexSet(RuleBook.injections());
        this.spaceless = new TermTrie(RuleBook.spacelessInjections(), true);
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public String revision() {
        return REVISION;
    }

    @Override
    public boolean isImmediate() {
        return true;
    }

    @Override
    public GuardScores assess(GuardQuery query) {
        String text = query.turns().getLast().text();
        Best best = new Best();
        run(new RegexScan(contentRules), text, best);
        Map<String, Double> scores = new HashMap<>();
        for (GuardCategory category : query.categories()) {
            double score = Math.max(best.score(category.code()), namedScore(category, text));
            if (score > 0) {
                scores.put(category.code(), score);
            }
        }
        double unsafe =
                scores.values().stream().mapToDouble(Double::doubleValue).max().orElse(0);
        return new GuardScores(unsafe, scores, List.of(), false, false, 0);
    }

    /** A tenant's own categories are found by their names and examples, word by word. */
    private static double namedScore(GuardCategory category, String text) {
        if (PolicySchema.CATEGORIES.containsKey(category.code())) {
            return 0;
        }
        List<TermTrie.Term> terms = new ArrayList<>();
        ScanRule rule = new ScanRule(NAME, category.code(), Ruling.NOTHING, ScanRule.Check.NONE, "0.8");
        terms.add(new TermTrie.Term(category.name(), true, rule));
        for (String line : category.description().split("\n", -1)) {
            if (line.startsWith("Example: ") && line.length() > 12) {
                terms.add(new TermTrie.Term(line.substring(9), true, rule));
            }
        }
        Best best = new Best();
        run(new TermScan(new TermTrie(terms, true)), text, best);
        return best.score(category.code());
    }

    @Override
    public InjectionScore score(InjectionQuery query) {
        String text = query.text();
        Best best = new Best();
        run(new RegexScan(injectionRules), text, best);
        run(new RegexScan(injectionRules), new StringBuilder(text).reverse().toString(), best.turned(text.length()));
        run(new RegexScan(injectionRules), Leet.plain(text), best);
        runSpaceless(text, best);
        return new InjectionScore(best.highest, best.start, best.end, false, text.length() / CHARS_PER_TOKEN);
    }

    /** The same phrases in words that were torn apart: white space and punctuation do not count. */
    private void runSpaceless(String text, Best best) {
        TermScan scan = new TermScan(spaceless);
        for (int at = 0; at < text.length(); ) {
            int codePoint = text.codePointAt(at);
            int end = at + Character.charCount(codePoint);
            for (int folded : Folding.of(codePoint)) {
                if (Folding.isWord(folded)) {
                    scan.accept(folded, at, end, best);
                }
            }
            at = end;
        }
        scan.finish(best);
    }

    private static void run(Matcher matcher, String text, Hits hits) {
        for (int at = 0; at < text.length(); ) {
            int codePoint = text.codePointAt(at);
            int end = at + Character.charCount(codePoint);
            if (codePoint < 128) {
                matcher.accept(codePoint, at, end, hits);
            } else {
                for (int folded : Folding.of(codePoint)) {
                    matcher.accept(folded, at, end, hits);
                }
            }
            at = end;
        }
        matcher.finish(hits);
    }

    /** The best score of each code; a rule's label is its score. */
    private static final class Best implements Hits {
        private final Map<String, Double> scores = new HashMap<>();
        private double highest;
        private int start;
        private int end;

        @Override
        public void hit(ScanRule rule, int from, int to) {
            double score = Double.parseDouble(rule.label());
            scores.merge(rule.code(), score, Math::max);
            if (score > highest) {
                highest = score;
                start = from;
                end = to;
            }
        }

        double score(String code) {
            return scores.getOrDefault(code, 0.0);
        }

        /** Positions in the reverse of a text of this length. */
        Hits turned(int length) {
            return (rule, from, to) -> hit(rule, length - to, length - from);
        }
    }
}
