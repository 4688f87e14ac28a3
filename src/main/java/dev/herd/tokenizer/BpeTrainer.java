package dev.herd.tokenizer;

import dev.herd.weights.Vocabulary;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * Learns a byte-level BPE vocabulary from a text: again and again the most frequent pair of adjacent tokens becomes a
 * token; of equally frequent ones the pair with the lower ids. The same text always gives the same vocabulary.
 */
public final class BpeTrainer {
    private static final int NORMAL = 1;
    private static final int CONTROL = 3;

    private final List<Word> words = new ArrayList<>();
    private final Map<Long, PairUse> usesByPair = new HashMap<>();
    private final List<PairUse> uses = new ArrayList<>();
    private final Map<String, Integer> ids = new HashMap<>();
    private final List<String> texts = new ArrayList<>();

    private BpeTrainer(String text) {
        for (int value = 0; value < 256; value++) {
            enter(String.valueOf(ByteAlphabet.characterOf(value)));
        }
        Map<String, Integer> counts = new LinkedHashMap<>();
        var splitter = new Llama4Splitter();
        int start = 0;
        while (start < text.length()) {
            int end = splitter.pieceEnd(text, start, text.length());
            counts.merge(text.substring(start, end), 1, Integer::sum);
            start = end;
        }
        counts.forEach((piece, count) -> {
            byte[] bytes = piece.getBytes(StandardCharsets.UTF_8);
            addWord(new Word(
                    IntStream.range(0, bytes.length).map(at -> bytes[at] & 0xff).toArray(), count));
        });
    }

    /**
     * A vocabulary of the 256 bytes, the tokens of {@code merges} merges (fewer if the text has no more pairs; two
     * merges may make the same token), and the special tokens, in this order.
     */
    public static Vocabulary.GgufTokens train(String text, int merges, List<String> specialTokens) {
        var trainer = new BpeTrainer(text);
        List<String> learned = new ArrayList<>();
        while (learned.size() < merges) {
            PairUse best = trainer.mostFrequent();
            if (best.count == 0) {
                break;
            }
            learned.add(trainer.texts.get(best.left) + " " + trainer.texts.get(best.right));
            trainer.merge(best);
        }
        List<String> tokens = new ArrayList<>(trainer.texts);
        tokens.addAll(specialTokens);
        int[] types = new int[tokens.size()];
        Arrays.fill(types, NORMAL);
        Arrays.fill(types, trainer.texts.size(), types.length, CONTROL);
        return new Vocabulary.GgufTokens(List.copyOf(tokens), types, List.copyOf(learned));
    }

    private int enter(String text) {
        Integer known = ids.putIfAbsent(text, texts.size());
        if (known == null) {
            texts.add(text);
            return texts.size() - 1;
        }
        return known;
    }

    private void addWord(Word word) {
        words.add(word);
        count(words.size() - 1, word.count);
    }

    private PairUse mostFrequent() {
        var best = new PairUse(0, 0);
        for (PairUse use : uses) {
            if (use.count > best.count || (use.count == best.count && use.isBefore(best))) {
                best = use;
            }
        }
        return best;
    }

    private void merge(PairUse pair) {
        int merged = enter(texts.get(pair.left) + texts.get(pair.right));
        for (int index : List.copyOf(pair.words)) {
            Word word = words.get(index);
            count(index, -word.count);
            word.replace(pair, merged);
            count(index, word.count);
        }
        pair.words.clear();
    }

    /** Adds {@code count} to each pair of the word; a pair remembers every word that it was ever in. */
    private void count(int index, int count) {
        int[] tokens = words.get(index).tokens;
        for (int at = 1; at < tokens.length; at++) {
            PairUse use = use(tokens[at - 1], tokens[at]);
            use.count += count;
            if (count > 0 && (use.words.isEmpty() || use.words.getLast() != index)) {
                use.words.add(index);
            }
        }
    }

    private PairUse use(int left, int right) {
        return usesByPair.computeIfAbsent(((long) left << 32) | right, unseen -> {
            var use = new PairUse(left, right);
            uses.add(use);
            return use;
        });
    }

    /** Two tokens side by side: how often in the text, and in which words. */
    private static final class PairUse {
        private final int left;
        private final int right;
        private final List<Integer> words = new ArrayList<>();
        private long count;

        PairUse(int left, int right) {
            this.left = left;
            this.right = right;
        }

        boolean isBefore(PairUse other) {
            return left != other.left ? left < other.left : right < other.right;
        }
    }

    /** A distinct piece of the text, as tokens, and how often it occurs. */
    private static final class Word {
        private final int count;
        private int[] tokens;

        Word(int[] tokens, int count) {
            this.tokens = tokens;
            this.count = count;
        }

        void replace(PairUse pair, int merged) {
            int[] shorter = new int[tokens.length];
            int size = 0;
            int at = 0;
            while (at < tokens.length) {
                boolean isPair = at + 1 < tokens.length && tokens[at] == pair.left && tokens[at + 1] == pair.right;
                shorter[size++] = isPair ? merged : tokens[at];
                at += isPair ? 2 : 1;
            }
            tokens = Arrays.copyOf(shorter, size);
        }
    }
}
