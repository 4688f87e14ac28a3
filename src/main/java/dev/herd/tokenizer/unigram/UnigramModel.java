package dev.herd.tokenizer.unigram;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Divides pieces into the tokens that are most likely together. Immutable. */
final class UnigramModel {
    /** How much less likely than the least likely token a character is that no token covers. */
    private static final double UNKNOWN_PENALTY = 10;

    private final PieceTrie trie;
    private final double[] scores; // by token
    private final int unknown;
    private final double unknownScore;
    private final int[] bytes; // token of each byte; empty without fallback

    /**
     * A model.
     *
     * @param trie the tokens that text may contain
     * @param scores logarithms of probabilities, by token
     * @param unknown the token of what no other covers
     * @param bytes the tokens of the 256 bytes that spell such characters; empty if they are unknown
     */
    UnigramModel(PieceTrie trie, double[] scores, int unknown, int[] bytes) {
        this.trie = trie;
        this.scores = scores;
        this.unknown = unknown;
        this.unknownScore = Arrays.stream(scores).min().orElse(0) - UNKNOWN_PENALTY;
        this.bytes = bytes;
    }

    /** A token and what of the piece it stands for. */
    record Token(int id, int from, int to) {}

    /** The best division, by the score of the best way to each end; of equal ones that which was found first. */
    List<Token> divide(String piece) {
        int length = piece.length();
        double[] best = new double[length + 1];
        int[] starts = new int[length + 1];
        int[] tokens = new int[length + 1];
        Arrays.fill(starts, -1);
        starts[0] = 0;
        int next;
        for (int at = 0; at < length; at = next) {
            next = at + Character.charCount(piece.codePointAt(at));
            boolean isCovered = false;
            int node = trie.root();
            for (int end = at; end < length; ) {
                node = trie.child(node, piece.charAt(end++));
                if (node == 0) {
                    break;
                }
                int token = trie.piece(node);
                if (token >= 0) {
                    isCovered |= end == next;
                    offer(best, starts, tokens, at, end, token, best[at] + scores[token]);
                }
            }
            if (!isCovered) {
                offer(best, starts, tokens, at, next, unknown, best[at] + unknownScore);
            }
        }
        return walk(piece, starts, tokens);
    }

    private static void offer(double[] best, int[] starts, int[] tokens, int start, int end, int token, double score) {
        if (starts[end] < 0 || score > best[end]) {
            best[end] = score;
            starts[end] = start;
            tokens[end] = token;
        }
    }

    /** From the end back; characters in a row that no token covers are one. */
    private List<Token> walk(String piece, int[] starts, int[] tokens) {
        List<Token> found = new ArrayList<>();
        int end = piece.length();
        while (end > 0) {
            int start = starts[end];
            while (tokens[end] == unknown && start > 0 && tokens[start] == unknown) {
                start = starts[start];
            }
            addBackwards(found, piece, tokens[end], start, end);
            end = start;
        }
        return found.reversed();
    }

    private void addBackwards(List<Token> found, String piece, int token, int start, int end) {
        if (token != unknown || bytes.length == 0) {
            found.add(new Token(token, start, end));
            return;
        }
        byte[] utf8 = piece.substring(start, end).getBytes(StandardCharsets.UTF_8);
        for (int i = utf8.length - 1; i >= 0; i--) {
            found.add(new Token(bytes[Byte.toUnsignedInt(utf8[i])], start, end));
        }
    }
}
