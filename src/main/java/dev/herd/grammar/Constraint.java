package dev.herd.grammar;

/**
 * A set of texts as an automaton over their bytes. Immutable; one serves any number of vocabularies, answers and
 * threads.
 */
public final class Constraint {
    private final Nfa nfa;

    private Constraint(Nfa nfa) {
        this.nfa = nfa;
    }

    /**
     * The automaton of a syntax.
     *
     * @throws ConstraintException if it is too large, describes no text, or has a rule that begins with itself
     */
    public static Constraint of(Syntax syntax) {
        return new Constraint(NfaBuilder.build(Rule.of("root", syntax.node())));
    }

    Nfa nfa() {
        return nfa;
    }
}
