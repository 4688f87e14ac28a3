package dev.herd.engine;

import dev.herd.grammar.ConstraintException;
import dev.herd.kernels.Floats;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.IntStream;

/**
 * Chooses the next tokens of a step's sequences, of each as {@link Sampler} does. A vocabulary of 200,000 takes a millisecond or
 * two, which for many sequences would be longer than a GPU's step, so large ones are shared among threads; restricted
 * ones stay with the engine's thread, since restrictions of one kind share what they remember.
 */
final class Samplers {
    /** Logits for which asking other threads is worthwhile. */
    private static final int WORTHWHILE = 1 << 16;

    private final int vocabularySize;
    private final Queue<Sampler> idle = new ConcurrentLinkedQueue<>();

    Samplers(int vocabularySize) {
        this.vocabularySize = vocabularySize;
    }

    /**
     * Chooses for those sequences that want a token.
     *
     * @param logits {@code [rows, vocabularySize]}, those of the sequences one after the other; the last of each is the token's
     * @return of each sequence
     */
    List<Choice> sample(List<Sequence> sequences, Floats logits) {
        Choice[] choices = new Choice[sequences.size()];
        Arrays.fill(choices, Choice.NONE);
        int[] rows = new int[choices.length];
        List<Integer> own = new ArrayList<>();
        List<Integer> shared = new ArrayList<>();
        int row = 0;
        for (int i = 0; i < choices.length; i++) {
            Sequence sequence = sequences.get(i);
            row += sequence.logitRows();
            rows[i] = row - 1;
            if (sequence.wantsToken()) {
                (sequence.restriction() instanceof Restriction.None ? shared : own).add(i);
            }
        }
        own.forEach(i -> choices[i] = choose(sequences.get(i), logits, rows[i]));
        IntStream all = shared.stream().mapToInt(Integer::intValue);
        boolean isLarge = shared.size() > 1 && (long) shared.size() * vocabularySize >= WORTHWHILE;
        (isLarge ? all.parallel() : all).forEach(i -> choices[i] = choose(sequences.get(i), logits, rows[i]));
        return List.of(choices);
    }

    private Choice choose(Sequence sequence, Floats logits, int row) {
        Sampler sampler = take();
        try {
            return new Choice.Token(sampler.sample(logits, row, sequence));
        } catch (ArithmeticException | ConstraintException failure) {
            return new Choice.Failure(failure);
        } finally {
            idle.add(sampler);
        }
    }

    /** The log-probabilities of a prompt's tokens, as {@link Sampler#scores}. */
    List<SampledToken> scores(Floats logits, int row, Sequence sequence) {
        Sampler sampler = take();
        try {
            return sampler.scores(logits, row, sequence);
        } finally {
            idle.add(sampler);
        }
    }

    /** There are as many as threads have sampled at once. */
    private Sampler take() {
        Sampler known = idle.poll();
        return known == null ? new Sampler(vocabularySize) : known;
    }
}
