package dev.herd.grammar;

import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;

/** Turns trees into one automaton, Thompson's way: each rule becomes a part with one start and one final state. */
final class NfaBuilder {
    /** More states than this are refused: about 20 MB of automaton. */
    static final int MOST_STATES = 200_000;

    private static final int MOST_RULES = 10_000;

    private final Edges edges = new Edges();
    private final List<Rule> rules = new ArrayList<>();
    private final Map<Rule, Integer> numbers = new IdentityHashMap<>();
    private final List<Integer> starts = new ArrayList<>(); // by rule
    private final List<Integer> finals = new ArrayList<>();
    private int stateCount;

    private NfaBuilder() {}

    /**
     * The automaton of a rule and of all that it calls.
     *
     * @throws ConstraintException if it is too large, describes no text, or a rule begins with itself
     */
    static Nfa build(Rule root) {
        NfaBuilder builder = new NfaBuilder();
        builder.number(root);
        for (int rule = 0; rule < builder.rules.size(); rule++) { // grows meanwhile
            int end = builder.append(builder.rules.get(rule).body(), builder.starts.get(rule));
            builder.finals.add(end);
        }
        return Nfa.of(builder.draft());
    }

    private NfaDraft draft() {
        return new NfaDraft(
                stateCount,
                edges,
                starts.stream().mapToInt(Integer::intValue).toArray(),
                finals.stream().mapToInt(Integer::intValue).toArray(),
                rules.stream().map(Rule::name).toList());
    }

    private int number(Rule rule) {
        Integer known = numbers.get(rule);
        if (known != null) {
            return known;
        }
        if (rules.size() == MOST_RULES) {
            throw new ConstraintException("The constraint is too large: it has more than " + MOST_RULES + " rules.");
        }
        int number = rules.size();
        rules.add(rule);
        numbers.put(rule, number);
        starts.add(newState());
        return number;
    }

    private int newState() {
        if (stateCount == MOST_STATES) {
            throw new ConstraintException(
                    "The constraint is too large: its automaton has more than " + MOST_STATES + " states.");
        }
        return stateCount++;
    }

    /** Lets {@code node} follow on state {@code from}; returns the state behind it, which has no edges yet. */
    private int append(Node node, int from) {
        return switch (node) {
            case Node.Bytes(ByteSet set) -> appendBytes(set, from);
            case Node.Sequence(List<Node> parts) -> appendSequence(parts, from);
            case Node.Alternatives(List<Node> options) -> appendAlternatives(options, from);
            case Node.Repeat repeat -> appendRepeat(repeat, from);
            case Node.Call(Rule rule) -> {
                int end = newState();
                edges.add(from, Edges.CALL, number(rule), end);
                yield end;
            }
            case Node.Intersection(Node left, Node right) -> appendIntersection(left, right, from);
            case Node.Until until -> appendUntil(until, from);
            case Node.Graph graph -> appendGraph(graph, from);
        };
    }

    private int appendBytes(ByteSet set, int from) {
        int end = newState();
        addRanges(set, from, end);
        return end;
    }

    private void addRanges(ByteSet set, int from, int target) {
        for (int low = set.next(0); low >= 0; ) {
            int after = set.nextAbsent(low);
            edges.add(from, low, after - 1, target);
            low = set.next(after);
        }
    }

    private int appendSequence(List<Node> parts, int from) {
        int end = newState();
        edges.add(from, Edges.EMPTY, 0, end);
        for (Node part : parts) {
            end = append(part, end);
        }
        return end;
    }

    private int appendAlternatives(List<Node> options, int from) {
        int end = newState();
        for (Node option : options) {
            edges.add(append(option, from), Edges.EMPTY, 0, end);
        }
        return end;
    }

    private int appendRepeat(Node.Repeat repeat, int from) {
        int last = newState();
        edges.add(from, Edges.EMPTY, 0, last);
        for (int i = 0; i < repeat.least(); i++) {
            last = append(repeat.node(), last);
        }
        int end = newState();
        if (repeat.most() == Node.UNBOUNDED) {
            int loop = newState();
            edges.add(last, Edges.EMPTY, 0, loop);
            edges.add(append(repeat.node(), loop), Edges.EMPTY, 0, loop);
            edges.add(loop, Edges.EMPTY, 0, end);
            return end;
        }
        for (int i = repeat.least(); i < repeat.most(); i++) {
            edges.add(last, Edges.EMPTY, 0, end);
            last = append(repeat.node(), last);
        }
        edges.add(last, Edges.EMPTY, 0, end);
        return end;
    }

    private int appendGraph(Node.Graph graph, int from) {
        int base = stateCount;
        for (int state = 0; state < graph.states(); state++) {
            newState();
        }
        edges.add(from, Edges.EMPTY, 0, base + graph.start());
        for (Node.Arc arc : graph.arcs()) {
            edges.add(append(arc.node(), base + arc.from()), Edges.EMPTY, 0, base + arc.target());
        }
        int end = newState();
        edges.add(base + graph.end(), Edges.EMPTY, 0, end);
        return end;
    }

    private int appendUntil(Node.Until until, int from) {
        WordSearch search = new WordSearch(until.words());
        int base = stateCount;
        for (int state = 0; state < search.stateCount(); state++) {
            newState();
        }
        int end = newState();
        edges.add(from, Edges.EMPTY, 0, base);
        for (int state = 0; state < search.stateCount(); state++) {
            int low = 0;
            for (int value = 1; value <= 256; value++) {
                int target = search.next(state, low);
                if (value < 256 && search.next(state, value) == target) {
                    continue;
                }
                if (target != WordSearch.FOUND) {
                    edges.add(base + state, low, value - 1, base + target);
                } else if (until.endsWithWord()) {
                    edges.add(base + state, low, value - 1, end);
                }
                low = value;
            }
            if (!until.endsWithWord()) {
                edges.add(base + state, Edges.EMPTY, 0, end);
            }
        }
        return end;
    }

    /** The product of both automata, as far as it is reached. */
    private int appendIntersection(Node left, Node right, int from) {
        int end = newState();
        new Product(side(left), side(right), edges, this::newState).append(from, end);
        return end;
    }

    private static Product.Side side(Node node) {
        NfaBuilder builder = new NfaBuilder();
        int start = builder.newState();
        int end = builder.append(node, start);
        if (!builder.rules.isEmpty()) {
            throw new IllegalArgumentException("an intersection must not call rules");
        }
        return new Product.Side(
                builder.edges, builder.edges.groupBy(builder.edges::from, builder.stateCount), start, end);
    }
}
