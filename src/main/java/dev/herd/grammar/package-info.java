/**
 * Constrained decoding: what an answer may look like, and which tokens keep it so. A {@link dev.herd.grammar.Syntax}
 * describes texts, a {@link dev.herd.grammar.Constraint} is its automaton over bytes, a
 * {@link dev.herd.grammar.TokenGrammar} that automaton over the tokens of one vocabulary, and a
 * {@link dev.herd.grammar.Matcher} how far one answer has come. See docs/structured-output.md.
 */
@NullMarked
package dev.herd.grammar;

import org.jspecify.annotations.NullMarked;
