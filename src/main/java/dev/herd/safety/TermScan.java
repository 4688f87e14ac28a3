package dev.herd.safety;

/** Runs a {@link TermTrie} over a folded text. */
final class TermScan implements Matcher {
    private static final int OUTSIDE = ' ';

    private final TermTrie trie;
    private final int mask;
    private final int[] starts;
    private final int[] symbols;
    private int node;
    private int count;
    private int lastEnd;
    private int waitingNode = -1;

    TermScan(TermTrie trie) {
        this.trie = trie;
        int size = Integer.highestOneBit(trie.longest() + 2) << 1;
        this.mask = size - 1;
        this.starts = new int[size];
        this.symbols = new int[size];
    }

    @Override
    public void accept(int codePoint, int start, int end, Hits hits) {
        int symbol = trie.isCaseless() ? Folding.lower(codePoint) : codePoint;
        if (waitingNode >= 0) {
            report(waitingNode, symbol, true, hits);
            waitingNode = -1;
        }
        starts[count & mask] = start;
        symbols[count & mask] = symbol;
        count++;
        lastEnd = end;
        node = trie.step(node, symbol);
        int ending = trie.ending(node);
        if (ending >= 0) {
            report(ending, OUTSIDE, false, hits);
        }
    }

    @Override
    public void finish(Hits hits) {
        if (waitingNode >= 0) {
            report(waitingNode, OUTSIDE, true, hits);
        }
    }

    @Override
    public int open(int otherwise) {
        int held = trie.held(node);
        if (waitingNode >= 0) {
            held = Math.max(held, trie.depth(waitingNode));
        }
        return held == 0 ? otherwise : Math.min(otherwise, starts[(count - held) & mask]);
    }

    /** Terms that need not be whole words count at once; the others when it is seen that the word ends. */
    private void report(int from, int next, boolean areWhole, Hits hits) {
        for (int ending = from; ending >= 0; ending = trie.afterEnding(ending)) {
            int first = count - trie.depth(ending);
            for (int term = trie.firstTerm(ending); term >= 0; term = trie.nextTerm(term)) {
                TermTrie.Term found = trie.term(term);
                if (found.isWhole() != areWhole) {
                    if (found.isWhole() && isBeginning(first) && waitingNode < 0) {
                        waitingNode = from;
                    }
                } else if (!areWhole || (isBeginning(first) && Folding.isBoundary(symbols[(count - 1) & mask], next))) {
                    hits.hit(found.rule(), starts[first & mask], lastEnd);
                }
            }
        }
    }

    private boolean isBeginning(int first) {
        return first == 0 || Folding.isBoundary(symbols[(first - 1) & mask], symbols[first & mask]);
    }
}
