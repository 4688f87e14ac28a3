package dev.herd.grammar;

import java.util.List;

/**
 * An automaton as it comes from the trees.
 *
 * @param starts first state of each rule
 * @param finals last state of each rule
 * @param names name of each rule
 */
@SuppressWarnings("ArrayRecordComponent") // handed on once, never compared
record NfaDraft(int stateCount, Edges edges, int[] starts, int[] finals, List<String> names) {}
