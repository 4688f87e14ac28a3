package dev.herd.engine;

import dev.herd.grammar.ConstraintException;
import dev.herd.kernels.Floats;
import dev.herd.kernels.device.Logits;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
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
     * Chooses for those sequences that want a token. Rows that no candidates make up for are fetched, and those of prompts that
     * are scored.
     *
     * @param logits those of the sequences one after the other; the last of each is the token's
     * @return of each sequence
     */
    List<Choice> sample(List<Sequence> sequences, Logits logits) {
        Choice[] choices = new Choice[sequences.size()];
        Arrays.fill(choices, Choice.NONE);
        int[] rows = new int[choices.length];
        List<Integer> own = new ArrayList<>();
        List<Integer> shared = new ArrayList<>();
        IntStream.Builder wanted = IntStream.builder();
        int row = 0;
        for (int i = 0; i < choices.length; i++) {
            Sequence sequence = sequences.get(i);
            if (sequence.scoresPrompt()) {
                IntStream.range(row, row + sequence.logitRows()).forEach(wanted);
            }
            row += sequence.logitRows();
            rows[i] = row - 1;
            if (sequence.wantsToken()) {
                OptionalInt sure = chooseOfCandidates(sequence, logits, rows[i]);
                if (sure.isPresent()) {
                    choices[i] = new Choice.Token(new SampledToken(sure.getAsInt(), Float.NaN, List.of()));
                } else {
                    wanted.add(rows[i]);
                    (sequence.restriction() instanceof Restriction.None ? shared : own).add(i);
                }
            }
        }
        logits.fetch(wanted.build().toArray());
        own.forEach(i -> choices[i] = choose(sequences.get(i), logits.row(rows[i])));
        IntStream all = shared.stream().mapToInt(Integer::intValue);
        boolean isLarge = shared.size() > 1 && (long) shared.size() * vocabularySize >= WORTHWHILE;
        (isLarge ? all.parallel() : all).forEach(i -> choices[i] = choose(sequences.get(i), logits.row(rows[i])));
        return List.of(choices);
    }

    /** There are candidates if the sequence has wished for some. */
    private OptionalInt chooseOfCandidates(Sequence sequence, Logits logits, int row) {
        return logits.candidates(row)
                .map(candidates -> CandidateSampler.choose(
                        candidates, sequence.sampling(), sequence.answerTokens(), vocabularySize))
                .orElse(OptionalInt.empty());
    }

    private Choice choose(Sequence sequence, Floats row) {
        Sampler sampler = take();
        try {
            return new Choice.Token(sampler.sample(row, 0, sequence));
        } catch (ArithmeticException | ConstraintException failure) {
            return new Choice.Failure(failure);
        } finally {
            idle.add(sampler);
        }
    }

    /** The log-probabilities of a prompt's tokens, as {@link Sampler#scores}; {@link #sample} has fetched their rows. */
    List<SampledToken> scores(Logits logits, int row, Sequence sequence) {
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
