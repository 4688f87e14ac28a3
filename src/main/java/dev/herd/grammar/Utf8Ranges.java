package dev.herd.grammar;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Ranges of scalar values as sequences of byte ranges, the way UTF-8 encodes them and no other. */
final class Utf8Ranges {
    /*
     * A range of code points is split where the encoded length changes, and then until each part is a product of byte
     * ranges: all continuation bytes behind the first differing one run from 0x80 to 0xBF. Sequences with the same tail
     * share it, which keeps "any character" at a handful of states.
     */
    private static final int[] LAST_OF_LENGTH = {0x7f, 0x7ff, 0xffff, Character.MAX_CODE_POINT};
    private static final int CONTINUATION_BITS = 6;
    private static final int CONTINUATION_MASK = 0x3f;

    private Utf8Ranges() {}

    /**
     * One character of the ranges.
     *
     * @param bounds first, last, first, last, …; ascending, without surrogates
     */
    static Node node(int[] bounds) {
        List<int[]> sequences = new ArrayList<>(); // each: low, high, low, high, … one pair a byte
        for (int i = 0; i < bounds.length; i += 2) {
            split(bounds[i], bounds[i + 1], sequences);
        }
        return join(sequences);
    }

    private static void split(int first, int last, List<int[]> sequences) {
        int start = first;
        for (int lastOfLength : LAST_OF_LENGTH) {
            if (start <= Math.min(last, lastOfLength)) {
                splitOneLength(start, Math.min(last, lastOfLength), sequences);
                start = Math.min(last, lastOfLength) + 1;
            }
        }
    }

    private static void splitOneLength(int first, int last, List<int[]> sequences) {
        int length = length(first);
        for (int level = 1; level < length; level++) {
            int below = (1 << (CONTINUATION_BITS * level)) - 1; // the bits of the last `level` bytes
            if ((first & ~below) == (last & ~below)) {
                continue;
            }
            if ((first & below) != 0) {
                splitOneLength(first, first | below, sequences);
                splitOneLength((first | below) + 1, last, sequences);
                return;
            }
            if ((last & below) != below) {
                splitOneLength(first, (last & ~below) - 1, sequences);
                splitOneLength(last & ~below, last, sequences);
                return;
            }
        }
        sequences.add(pairs(first, last, length));
    }

    private static int[] pairs(int first, int last, int length) {
        int[] pairs = new int[2 * length];
        for (int at = 0; at < length; at++) {
            pairs[2 * at] = byteAt(first, at, length);
            pairs[2 * at + 1] = byteAt(last, at, length);
        }
        return pairs;
    }

    private static int byteAt(int character, int at, int length) {
        int bits = character >> (CONTINUATION_BITS * (length - 1 - at));
        if (at > 0) {
            return 0x80 | (bits & CONTINUATION_MASK);
        }
        return length == 1 ? bits : bits | (0xf00 >> length & 0xff);
    }

    private static int length(int character) {
        int length = 1;
        while (character > LAST_OF_LENGTH[length - 1]) {
            length++;
        }
        return length;
    }

    /** The alternatives; those that differ in their first byte only become one. */
    private static Node join(List<int[]> sequences) {
        Map<String, ByteSet> heads = new TreeMap<>(); // by tail
        Map<String, int[]> tails = new TreeMap<>();
        for (int[] sequence : sequences) {
            StringBuilder tail = new StringBuilder();
            for (int i = 2; i < sequence.length; i++) {
                tail.append((char) sequence[i]);
            }
            heads.merge(tail.toString(), ByteSet.range(sequence[0], sequence[1]), ByteSet::union);
            tails.putIfAbsent(tail.toString(), sequence);
        }
        List<Node> options = new ArrayList<>();
        heads.forEach((tail, head) -> options.add(withTail(head, tails.getOrDefault(tail, new int[0]))));
        return options.size() == 1 ? options.getFirst() : new Node.Alternatives(options);
    }

    private static Node withTail(ByteSet head, int[] sequence) {
        List<Node> parts = new ArrayList<>();
        parts.add(new Node.Bytes(head));
        for (int i = 2; i < sequence.length; i += 2) {
            parts.add(new Node.Bytes(ByteSet.range(sequence[i], sequence[i + 1])));
        }
        return parts.size() == 1 ? parts.getFirst() : new Node.Sequence(parts);
    }
}
