package dev.herd.grammar;

import java.util.Arrays;
import java.util.function.IntPredicate;

/** A set of Unicode scalar values: code points without surrogates. Immutable. */
final class CharSet {
    static final CharSet NONE = new CharSet(new int[0]);
    static final CharSet ALL = range(0, Character.MAX_CODE_POINT);

    private final int[] bounds; // first, last, first, last, … ascending, never touching

    private CharSet(int[] bounds) {
        this.bounds = bounds;
    }

    /** The scalar values from {@code first} to {@code last}, both included. */
    static CharSet range(int first, int last) {
        if (first <= Character.MAX_SURROGATE && last >= Character.MIN_SURROGATE) {
            return range(first, Character.MIN_SURROGATE - 1).union(range(Character.MAX_SURROGATE + 1, last));
        }
        return first > last ? NONE : new CharSet(new int[] {first, last});
    }

    /** The characters of a text. */
    static CharSet of(String characters) {
        CharSet set = NONE;
        for (int character : characters.codePoints().toArray()) {
            set = set.union(range(character, character));
        }
        return set;
    }

    /** All scalar values for which {@code holds}. */
    static CharSet matching(IntPredicate holds) {
        int[] found = new int[64];
        int count = 0;
        for (int character = 0; character <= Character.MAX_CODE_POINT; character++) {
            if (character == Character.MIN_SURROGATE) {
                character = Character.MAX_SURROGATE + 1;
            }
            if (!holds.test(character)) {
                continue;
            }
            if (count > 0 && found[count - 1] == character - 1) {
                found[count - 1] = character;
            } else {
                found = count == found.length ? Arrays.copyOf(found, 2 * count) : found;
                found[count++] = character;
                found[count++] = character;
            }
        }
        return new CharSet(Arrays.copyOf(found, count));
    }

    CharSet union(CharSet other) {
        int[] merged = new int[bounds.length + other.bounds.length];
        int count = 0;
        int left = 0;
        int right = 0;
        while (left < bounds.length || right < other.bounds.length) {
            boolean takesLeft =
                    right == other.bounds.length || (left < bounds.length && bounds[left] <= other.bounds[right]);
            int first = takesLeft ? bounds[left] : other.bounds[right];
            int last = takesLeft ? bounds[left + 1] : other.bounds[right + 1];
            left += takesLeft ? 2 : 0;
            right += takesLeft ? 0 : 2;
            if (count > 0 && first <= merged[count - 1] + 1) {
                merged[count - 1] = Math.max(merged[count - 1], last);
            } else {
                merged[count++] = first;
                merged[count++] = last;
            }
        }
        return new CharSet(Arrays.copyOf(merged, count));
    }

    CharSet complement() {
        CharSet rest = NONE;
        int next = 0;
        for (int i = 0; i < bounds.length; i += 2) {
            rest = rest.union(range(next, bounds[i] - 1));
            next = bounds[i + 1] + 1;
        }
        return rest.union(range(next, Character.MAX_CODE_POINT));
    }

    CharSet minus(CharSet other) {
        return complement().union(other).complement();
    }

    boolean contains(int character) {
        for (int i = 0; i < bounds.length; i += 2) {
            if (character >= bounds[i] && character <= bounds[i + 1]) {
                return true;
            }
        }
        return false;
    }

    /** Whether it holds one character. */
    boolean isSingle() {
        return bounds.length == 2 && bounds[0] == bounds[1];
    }

    /** The least character; the set must not be empty. */
    int least() {
        return bounds[0];
    }

    boolean isEmpty() {
        return bounds.length == 0;
    }

    /** One character of the set, in UTF-8. */
    Node node() {
        return Utf8Ranges.node(bounds);
    }
}
