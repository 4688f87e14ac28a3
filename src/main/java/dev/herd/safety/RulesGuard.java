package dev.herd.safety;

import java.util.ArrayList;
import java.util.List;

/**
 * A guard without a model: fixed phrases and patterns. It is always there, costs microseconds and misses whatever is said
 * in other words or other languages than English; docs/safety.md states its limits. Safe for use by many threads.
 */
public final class RulesGuard implements ImmediateGuard, InjectionDetector {
    /** What policies call it. */
    public static final String NAME = "rules";

    private static final String REVISION = "rules-1";
    private static final int CHARS_PER_TOKEN = 4;
    private static final String EXAMPLE = "Example: ";
    private static final int SHORTEST_EXAMPLE = 4;

    private final RuleSet contentRules = RuleBook.content();
    private final RuleSet injectionRules = RuleBook.injections();
    private final TermTrie spaceless = new TermTrie(RuleBook.spacelessInjections(), true);

    /** With the rules that are built in. */
    public RulesGuard() {}

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public String revision() {
        return REVISION;
    }

    @Override
    public GuardScores assess(GuardQuery query) {
        AnswerWatch watch = watch(query.categories());
        watch.accept(query.turns().getLast().text());
        return watch.scores();
    }

    @Override
    public AnswerWatch watch(List<GuardCategory> categories) {
        List<TermTrie.Term> terms = new ArrayList<>();
        categories.forEach(category -> addNames(category, terms));
        TermScan names = terms.isEmpty() ? null : new TermScan(new TermTrie(terms, true));
        return new RulesWatch(new RuleScan(contentRules), names, categories);
    }

    /** A tenant's own categories are found by their names and examples, word by word. */
    private static void addNames(GuardCategory category, List<TermTrie.Term> terms) {
        if (PolicySchema.CATEGORIES.containsKey(category.code())) {
            return;
        }
        ScanRule rule = new ScanRule(NAME, category.code(), Ruling.NOTHING, ScanRule.Check.NONE, "0.8");
        terms.add(new TermTrie.Term(category.name(), true, rule));
        for (String line : category.description().split("\n", -1)) {
            if (line.startsWith(EXAMPLE) && line.length() >= EXAMPLE.length() + SHORTEST_EXAMPLE) {
                terms.add(new TermTrie.Term(line.substring(EXAMPLE.length()), true, rule));
            }
        }
    }

    @Override
    public InjectionScore score(InjectionQuery query) {
        FoldedText text = new FoldedText(query.text());
        Best best = new Best();
        Best reversed = new Best();
        Best leet = new Best();
        Best torn = new Best();
        text.runReversed(new RuleScan(injectionRules), reversed);
        runForwards(text, best, leet, torn);
        best.add(reversed);
        best.add(leet);
        best.add(torn);
        return new InjectionScore(
                best.score, best.start, best.end, false, query.text().length() / CHARS_PER_TOKEN);
    }

    /** One loop for all, as each of them waits for its own table most of the time. */
    private void runForwards(FoldedText text, Hits asIs, Hits leet, Hits torn) {
        RuleScan scan = new RuleScan(injectionRules);
        RuleScan leetScan = new RuleScan(injectionRules);
        TermScan tornScan = new TermScan(spaceless);
        for (int i = 0; i < text.length(); i++) {
            int symbol = text.symbol(i);
            int start = text.start(i);
            int end = text.end(i);
            scan.accept(symbol, start, end, asIs);
            leetScan.accept(text.letter(i), start, end, leet);
            if (Folding.isWord(symbol)) {
                tornScan.accept(symbol, start, end, torn);
            }
        }
        scan.finish(asIs);
        leetScan.finish(leet);
        tornScan.finish(torn);
    }

    /** The first of the hits with the highest score; a rule's label is its score. */
    private static final class Best implements Hits {
        private double score;
        private int start;
        private int end;

        @Override
        public void hit(ScanRule rule, int from, int to) {
            put(Double.parseDouble(rule.label()), from, to);
        }

        void add(Best later) {
            put(later.score, later.start, later.end);
        }

        private void put(double other, int from, int to) {
            if (other > score) {
                score = other;
                start = from;
                end = to;
            }
        }
    }
}
