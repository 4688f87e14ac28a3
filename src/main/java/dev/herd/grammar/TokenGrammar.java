package dev.herd.grammar;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A constraint over the tokens of one vocabulary, with what has been found out about it so far: which tokens may follow
 * where. One serves any number of answers at the same time, and from any number of threads: what is found out is under
 * one lock.
 */
public final class TokenGrammar {
    /** Bytes of masks that are kept: some 600 of them for Llama 4's vocabulary. */
    private static final int MASK_BYTES = 16 << 20;

    private static final int MOST_MASKS = 4096;

    private final TokenTrie trie;
    private final Nfa nfa;
    private final Configurations configurations;
    private final MaskBuilder masks;
    private final Configuration start;
    private final int mostMasks;
    private final Map<Configuration, Masks> known = new LinkedHashMap<>(64, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Configuration, Masks> eldest) {
            return size() > mostMasks;
        }
    };

    /** Binds a constraint to a vocabulary. */
    public TokenGrammar(Constraint constraint, TokenTrie trie) {
        this.trie = trie;
        this.mostMasks = Math.min(MOST_MASKS, MASK_BYTES / (Long.BYTES * Math.max(1, trie.wordCount())));
        this.nfa = constraint.nfa();
        this.configurations = new Configurations(nfa, new TokenCosts(nfa, trie.all()));
        this.masks = new MaskBuilder(nfa, trie, configurations);
        this.start = configurations.start();
    }

    /** An answer that has not begun. */
    public Matcher matcher() {
        return new Matcher(this, start);
    }

    /** Ids run from 0 to this, exclusive. */
    public int vocabularySize() {
        return trie.size();
    }

    /** Where {@code token} leads; {@link #isDead} if nowhere. */
    synchronized Configuration advance(Configuration from, int token) {
        byte[] bytes = token < 0 || token >= trie.size() ? new byte[0] : trie.bytes(token);
        if (bytes.length == 0) {
            return configurations.dead();
        }
        Configuration current = from;
        for (int at = 0; at < bytes.length && !isDead(current); at++) {
            current = configurations.next(current, nfa.classOf(bytes[at] & 0xff));
        }
        return current;
    }

    boolean isDead(Configuration configuration) {
        return configuration == configurations.dead();
    }

    /** The tokens after which the text can be completed with {@code limit} tokens. */
    synchronized TokenMask mask(Configuration from, int limit) {
        Masks own = known.get(from);
        if (own == null) {
            own = new Masks();
            known.put(from, own);
        }
        for (TokenMask mask : own.latest) {
            if (mask.isValidFor(limit)) {
                return mask;
            }
        }
        TokenMask mask = masks.build(from, limit);
        own.add(mask);
        return mask;
    }

    /** The masks of one configuration that were needed last. */
    private static final class Masks {
        private static final TokenMask NONE = new TokenMask(new long[0], 0, 0); // valid for no limit
        private final TokenMask[] latest = {NONE, NONE};

        void add(TokenMask mask) {
            latest[1] = latest[0];
            latest[0] = mask;
        }
    }
}
