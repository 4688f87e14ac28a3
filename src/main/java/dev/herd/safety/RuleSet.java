package dev.herd.safety;

import java.util.ArrayList;
import java.util.List;

/**
 * Expressions of which each sleeps until one of the words comes that every match of it contains, so that text without
 * such words costs next to nothing. Immutable; {@link RuleScan} runs it.
 */
final class RuleSet {
    private final List<Rule> rules;
    private final TermTrie words;
    private final int[] owners;
    private final int reach;

    /**
     * An expression.
     *
     * @param words each of its matches contains one of them, case aside; before the end of the first of them no part
     *     repeats without limit
     * @param meaning what a match means
     */
    record Rule(Regex regex, List<String> words, RegexSet machine, ScanRule meaning) {
        Rule(Regex regex, List<String> words, ScanRule meaning) {
            this(regex, List.copyOf(words), new RegexSet(List.of(new RegexSet.Entry(regex, meaning))), meaning);
        }
    }

    RuleSet(List<Rule> rules) {
        this.rules = List.copyOf(rules);
        List<TermTrie.Term> terms = new ArrayList<>();
        List<Integer> termOwners = new ArrayList<>();
        for (int i = 0; i < rules.size(); i++) {
            for (String word : rules.get(i).words()) {
                terms.add(new TermTrie.Term(word, false, rules.get(i).meaning()));
                termOwners.add(i);
            }
        }
        this.words = new TermTrie(terms, true);
        this.owners = termOwners.stream().mapToInt(Integer::intValue).toArray();
        this.reach = rules.stream().mapToInt(rule -> rule.regex().reach()).max().orElse(0);
    }

    List<Rule> rules() {
        return rules;
    }

    /** The words of all rules. */
    TermTrie words() {
        return words;
    }

    /** The rule that a term of the words belongs to. */
    int owner(int term) {
        return owners[term];
    }

    /** How far before the end of a rule's first word one of its matches may begin, in code points; the most of all rules. */
    int reach() {
        return reach;
    }
}
