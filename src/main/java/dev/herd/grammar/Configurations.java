package dev.herd.grammar;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The configurations of one automaton, made as they are reached. Used by one thread at a time. */
final class Configurations {
    /*
     * Subset construction over stacks, lazily. A rule that several callers call at the same byte is entered once, with
     * one frame that returns to all of them, so ambiguity costs a sum and not a product. For that all callers must be
     * known before a rule is entered: rules are entered by rank, callers first (Ranks). A rule that has read nothing yet
     * does not return: beside the call of a rule that may be empty there is an empty edge (Nfa).
     *
     * When there are too many configurations, all are forgotten. Those in use live on with what they remember.
     */
    private static final int MOST = 16_384;

    private final Nfa nfa;
    private final TokenCosts costs;
    private final Nfa.@Nullable Reach[] reaches; // by state
    private final Map<Key, Configuration> known = new HashMap<>();
    private final Map<Key, Frame> frames = new HashMap<>();
    private final Items items = new Items();
    private final Items calls = new Items();
    private final Configuration dead;
    private final Frame root;
    private int frameIds;
    private int work;

    Configurations(Nfa nfa, TokenCosts costs) {
        this.nfa = nfa;
        this.costs = costs;
        this.reaches = new Nfa.Reach[nfa.stateCount()];
        this.root = Frame.root(frameIds++);
        Configuration.Facts nothing = new Configuration.Facts(TokenCosts.UNKNOWN, false, false);
        this.dead = new Configuration(new int[0], new Frame[0], nothing, 0);
    }

    /** Before any text. */
    Configuration start() {
        items.clear();
        items.add(nfa.start(), root);
        return close();
    }

    /** Items of all configurations made so far, by which callers bound the time that they take. */
    int work() {
        return work;
    }

    /** The configuration of impossible texts. */
    Configuration dead() {
        return dead;
    }

    /**
     * What {@code from} becomes by a byte.
     *
     * @throws ConstraintException if the text can be read in too many ways
     */
    Configuration next(Configuration from, int byteClass) {
        Configuration known = from.next(byteClass);
        return known != null ? known : make(from, byteClass);
    }

    private Configuration make(Configuration from, int byteClass) {
        int value = nfa.representative(byteClass);
        items.clear();
        for (int item = 0; item < from.itemCount(); item++) {
            Nfa.Reach reach = reach(from.state(item));
            for (int edge : reach.byteEdges()) {
                if (reach.edges().label(edge) <= value && value <= reach.edges().high(edge)) {
                    items.add(reach.edges().target(edge), from.frame(item));
                }
            }
        }
        Configuration next = items.count() == 0 ? dead : close();
        from.remember(byteClass, next);
        return next;
    }

    /** The configuration of the items and of all that they lead to without a byte. */
    private Configuration close() {
        calls.clear();
        boolean accepts = false;
        for (int item = 0; item < items.count(); item++) { // grows meanwhile
            Nfa.Reach reach = reach(items.state(item));
            Frame frame = items.frame(item);
            accepts |= reach.isEnd() && frame.isRoot();
            if (reach.isEnd()) {
                for (int i = 0; i < frame.returnCount(); i++) {
                    items.add(frame.state(i), frame.parent(i));
                }
            }
            addCalls(reach, frame);
        }
        while (calls.count() > 0) {
            enter(leastRank());
        }
        items.keepIf(state -> reach(state).byteEdges().length > 0);
        items.sort();
        return intern(accepts);
    }

    private void addCalls(Nfa.Reach reach, Frame frame) {
        for (int edge : reach.calls()) {
            calls.addCall(reach.edges().high(edge), reach.edges().target(edge), frame);
        }
    }

    private int leastRank() {
        int best = calls.rule(0);
        for (int i = 1; i < calls.count(); i++) {
            best = nfa.rank(calls.rule(i)) < nfa.rank(best) ? calls.rule(i) : best;
        }
        return best;
    }

    /** Enters a rule with all its callers, and takes note of what it calls itself. */
    private void enter(int rule) {
        Items returns = new Items();
        int kept = 0;
        for (int i = 0; i < calls.count(); i++) {
            if (calls.rule(i) == rule) {
                addReturn(returns, calls.state(i), calls.frame(i));
            } else {
                calls.move(i, kept++);
            }
        }
        calls.truncate(kept);
        returns.sort();
        Frame frame = intern(returns);
        items.add(nfa.startOf(rule), frame);
        addCalls(reach(nfa.startOf(rule)), frame);
    }

    /** A caller that has nothing left to do is left out: its own callers are returned to at once. */
    private void addReturn(Items returns, int state, Frame frame) {
        if (!frame.isRoot() && reach(state).isOnlyEnd()) {
            for (int i = 0; i < frame.returnCount(); i++) {
                returns.add(frame.state(i), frame.parent(i));
            }
        } else {
            returns.add(state, frame);
        }
    }

    private Frame intern(Items returns) {
        Key key = new Key(returns.key(false));
        Frame known = frames.get(key);
        if (known != null) {
            return known;
        }
        int cost = TokenCosts.UNKNOWN;
        for (int i = 0; i < returns.count(); i++) {
            cost = Math.min(
                    cost,
                    TokenCosts.sum(costs.of(returns.state(i)), returns.frame(i).cost()));
        }
        Frame frame = new Frame(frameIds++, returns.states(), returns.frames(), cost);
        frames.put(key, frame);
        return frame;
    }

    private Configuration intern(boolean accepts) {
        Key key = new Key(items.key(accepts));
        Configuration same = known.get(key);
        if (same != null) {
            return same;
        }
        if (known.size() >= MOST) {
            known.clear();
            frames.clear();
        }
        int cost = TokenCosts.UNKNOWN;
        for (int i = 0; i < items.count(); i++) {
            cost = Math.min(
                    cost,
                    TokenCosts.sum(costs.of(items.state(i)), items.frame(i).cost()));
        }
        work += items.count() + 1;
        Configuration made = new Configuration(
                items.states(),
                items.frames(),
                new Configuration.Facts(accepts ? 0 : cost, accepts, items.count() > 0),
                nfa.classCount());
        known.put(key, made);
        return made;
    }

    private Nfa.Reach reach(int state) {
        Nfa.Reach known = reaches[state];
        if (known == null) {
            known = nfa.reach(state);
            reaches[state] = known;
        }
        return known;
    }

    @SuppressWarnings("ArrayRecordComponent") // compared by contents, see below
    private record Key(int[] values) {
        @Override
        public boolean equals(Object other) {
            return other instanceof Key key && Arrays.equals(values, key.values);
        }

        @Override
        public int hashCode() {
            return Arrays.hashCode(values);
        }
    }
}
