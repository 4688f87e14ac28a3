package dev.herd.tokenizer;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Tokens that stand in text as they are and are found before it is split: added tokens that are not special. Llama 4
 * has none. Of several that start at one place the longest counts.
 */
final class LiteralTokens {
    private final Map<Character, List<Literal>> byFirst = new HashMap<>();
    private final BitSet firstCharacters = new BitSet();

    /** Takes the text of each token by its id; no text is empty. */
    LiteralTokens(Map<Integer, String> texts) {
        texts.forEach((id, text) -> {
            byFirst.computeIfAbsent(text.charAt(0), first -> new ArrayList<>()).add(new Literal(text, id));
            firstCharacters.set(text.charAt(0));
        });
        byFirst.values()
                .forEach(literals -> literals.sort(Comparator.comparingInt(
                        (Literal literal) -> -literal.text().length())));
    }

    /** Whether there are none. */
    boolean isEmpty() {
        return byFirst.isEmpty();
    }

    /** The first literal in {@code text} at or after {@code start}; one of no length at the end if there is none. */
    Match next(String text, int start) {
        for (int at = start; at < text.length(); at++) {
            if (firstCharacters.get(text.charAt(at))) {
                for (Literal literal : byFirst.getOrDefault(text.charAt(at), List.of())) {
                    if (text.startsWith(literal.text(), at)) {
                        return new Match(at, at + literal.text().length(), literal.id());
                    }
                }
            }
        }
        return new Match(text.length(), text.length(), 0);
    }

    /** Where a literal stands, and its id; {@code id} means nothing if the match has no length. */
    record Match(int start, int end, int id) {}

    private record Literal(String text, int id) {}
}
