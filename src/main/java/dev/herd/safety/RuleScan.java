package dev.herd.safety;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** Runs a {@link RuleSet} over a folded text. Work per code point has a limit, whatever the text. */
final class RuleScan implements Matcher {
    /*
     * The last characters are kept. A rule that wakes is shown those from as far back on as its match may begin, but none
     * twice, and from then on all that come. It sleeps again when no way is open that began before its word ended: what
     * began later would contain another word, and be looked at when that comes.
     */
    private static final int ASLEEP = -1;

    private final RuleSet set;
    private final List<RuleSet.Rule> rules;
    private final TermTrie words;
    private final @Nullable RegexScan[] scans;
    private final int[] shown; // up to where each rule has been shown the text
    private final int[] wordStarts; // where the last word of each rule that is awake began
    private final int[] symbols;
    private final int[] starts;
    private final int[] ends;
    private final int mask;
    private int count;
    private int node;
    private int awake;

    RuleScan(RuleSet set) {
        this.set = set;
        this.rules = set.rules();
        this.words = set.words();
        this.scans = new RegexScan[rules.size()];
        this.shown = new int[rules.size()];
        this.wordStarts = new int[rules.size()];
        java.util.Arrays.fill(wordStarts, ASLEEP);
        int size = Integer.highestOneBit(set.reach() + 2) << 1;
        this.mask = size - 1;
        this.symbols = new int[size];
        this.starts = new int[size];
        this.ends = new int[size];
    }

    @Override
    public void accept(int codePoint, int start, int end, Hits hits) {
        int at = count & mask;
        symbols[at] = codePoint;
        starts[at] = start;
        ends[at] = end;
        count++;
        if (awake > 0) {
            for (int rule = 0; rule < wordStarts.length; rule++) {
                if (wordStarts[rule] != ASLEEP) {
                    catchUp(rule, hits);
                }
            }
        }
        node = words.step(node, Folding.lower(codePoint));
        for (int ending = words.ending(node); ending >= 0; ending = words.afterEnding(ending)) {
            for (int term = words.firstTerm(ending); term >= 0; term = words.nextTerm(term)) {
                wake(set.owner(term), starts[(count - words.depth(ending)) & mask], hits);
            }
        }
    }

    private void wake(int rule, int wordStart, Hits hits) {
        awake += wordStarts[rule] == ASLEEP ? 1 : 0;
        wordStarts[rule] = wordStart;
        catchUp(rule, hits);
    }

    /** Shows a rule what it has not seen and may need, and lets it sleep when it can. */
    private void catchUp(int rule, Hits hits) {
        RegexScan scan = scans[rule];
        if (scan == null) {
            scan = new RegexScan(rules.get(rule).machine());
            scans[rule] = scan;
        }
        int from = count - rules.get(rule).regex().reach();
        if (from > shown[rule]) {
            scan.restart(symbols[(from - 1) & mask]);
            shown[rule] = from;
        }
        while (shown[rule] < count) {
            int at = shown[rule]++ & mask;
            scan.accept(symbols[at], starts[at], ends[at], hits);
        }
        if (scan.open(Integer.MAX_VALUE) > wordStarts[rule]) {
            wordStarts[rule] = ASLEEP;
            awake--;
        }
    }

    @Override
    public void finish(Hits hits) {
        for (int rule = 0; awake > 0 && rule < wordStarts.length; rule++) {
            RegexScan scan = scans[rule];
            if (wordStarts[rule] != ASLEEP && scan != null) {
                scan.finish(hits);
            }
        }
    }

    @Override
    public int open(int otherwise) {
        throw new UnsupportedOperationException("only judges");
    }
}
