package dev.herd.engine;

import dev.herd.engine.SampledToken.Alternative;
import dev.herd.grammar.ConstraintException;
import dev.herd.kernels.Floats;
import dev.herd.kernels.device.Logits;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Chooses the next token from a row of logits, as {@link SamplingParams} says. The choice depends on the row, the
 * parameters and how many tokens the answer has, on nothing that other sequences do. Holds scratch memory for one
 * vocabulary; used by one thread at a time.
 */
final class Sampler {
    /*
     * Every cut-off keeps the best tokens of one order (Ranking), so what is kept is told by the key of the last kept
     * token. Weights are probabilities before normalisation: exp((logit - greatest) / temperature), 0 for what is cut
     * off. Each cut-off looks at what the one before has left: top-p's probabilities are those among the top-k. The draw
     * walks over the tokens by id; no order of equal or nearly equal logits influences it.
     */
    private static final double LEAST = -53 * Math.log(2); // of exponents

    private final int vocabularySize;
    private final float[] logits; // [vocabularySize]
    private final double[] weights; // [vocabularySize]
    private final Ranking ranking;

    Sampler(int vocabularySize) {
        this.vocabularySize = vocabularySize;
        this.logits = new float[vocabularySize];
        this.weights = new double[vocabularySize];
        this.ranking = new Ranking(vocabularySize);
    }

    /**
     * Chooses the next token of a sequence, from those that its restriction leaves and that are not banned.
     *
     * @param rows {@code [rows, vocabularySize]}; not changed
     * @param row which of the rows
     * @throws ArithmeticException if a logit is NaN or positive infinity, or all are negative infinity
     * @throws ConstraintException if the restriction leaves none
     */
    SampledToken sample(Floats rows, int row, Sequence sequence) {
        read(rows, row);
        sequence.restriction().exclude(logits);
        ban(sequence.bannedTokens());
        return choose(sequence.sampling(), sequence.occurrences(), sequence.answerTokens());
    }

    /**
     * Chooses a token.
     *
     * @param rows {@code [rows, vocabularySize]}; not changed
     * @param row which of the rows
     * @param occurrences what the sequence holds so far
     * @param index number of the token within the answer, which selects the random number
     * @throws ArithmeticException if a logit is NaN or positive infinity, or all are negative infinity
     */
    SampledToken sample(Floats rows, int row, SamplingParams sampling, Occurrences occurrences, int index) {
        read(rows, row);
        return choose(sampling, occurrences, index);
    }

    /**
     * The log-probabilities, under the model alone, of the prompt's tokens that the current step has brought logits for: a
     * row is about the token behind its own, and the last one of a prompt about the answer.
     *
     * @param rows the step's, those of the sequence with the host; not changed
     * @param row the sequence's first
     * @throws ArithmeticException if a logit is NaN or positive infinity, or all are negative infinity
     */
    List<SampledToken> scores(Logits rows, int row, Sequence sequence) {
        List<SampledToken> scores = new ArrayList<>();
        int first = sequence.cachedTokens() + 1;
        int end = Math.min(first + sequence.scheduledTokens(), sequence.promptTokens());
        for (int position = first; position < end; position++) {
            read(rows.row(row + position - first), 0);
            scores.add(
                    describe(sequence.tokens()[position], logits[mostLikely()], sequence.promptLogProbs(), List.of()));
        }
        return scores;
    }

    private void read(Floats rows, int row) {
        rows.read((long) row * vocabularySize, logits, 0, vocabularySize);
    }

    private SampledToken choose(SamplingParams sampling, Occurrences occurrences, int index) {
        adjust(sampling, occurrences);
        int top = mostLikely();
        int token = sampling.temperature() == 0 ? top : draw(sampling, logits[top], uniform(sampling.seed(), index));
        return describe(token, logits[top], sampling.topLogProbs(), sampling.watchedTokens());
    }

    /** Everything that changes logits. What may not be chosen is negative infinity afterwards. */
    private void adjust(SamplingParams sampling, Occurrences occurrences) {
        for (Map.Entry<Integer, Float> bias : sampling.logitBias().entrySet()) {
            logits[bias.getKey()] += bias.getValue();
        }
        occurrences.penalize(logits);
    }

    /** Takes tokens out unless nothing else can be chosen; ids beyond the vocabulary count not. */
    private void ban(int[] banned) {
        if (banned.length == 0) {
            return;
        }
        float[] before = new float[banned.length];
        for (int i = 0; i < banned.length; i++) {
            if (banned[i] < vocabularySize) {
                before[i] = logits[banned[i]];
                logits[banned[i]] = Float.NEGATIVE_INFINITY;
            }
        }
        if (isNothingLeft()) {
            for (int i = 0; i < banned.length; i++) {
                if (banned[i] < vocabularySize) {
                    logits[banned[i]] = before[i];
                }
            }
        }
    }

    private boolean isNothingLeft() {
        for (float logit : logits) {
            if (logit != Float.NEGATIVE_INFINITY) {
                return false;
            }
        }
        return true;
    }

    private int mostLikely() {
        int best = 0;
        for (int token = 0; token < vocabularySize; token++) {
            float logit = logits[token];
            if (!(logit < Float.POSITIVE_INFINITY)) {
                throw new ArithmeticException(
                        "the logit of token " + token + " is " + logit + ", nothing can be chosen");
            }
            if (logit > logits[best]) {
                best = token;
            }
        }
        if (logits[best] == Float.NEGATIVE_INFINITY) {
            throw new ArithmeticException("all " + vocabularySize + " tokens are excluded, nothing can be chosen");
        }
        return best;
    }

    private int draw(SamplingParams sampling, float greatest, double random) {
        long last = Long.MAX_VALUE;
        if (sampling.topK() > 0 && sampling.topK() < vocabularySize) {
            last = ranking.keyOf(logits, sampling.topK());
        }
        double total = weigh(sampling.temperature(), greatest, last);
        if (sampling.topP() < 1) {
            double topP = sampling.topP();
            // Whoever is kept, and is not the first, weighs with all after it at least the rest: no less than its
            // share.
            double least = (1 - topP) * total / vocabularySize * 0.999;
            last = ranking.keyOfWeight(logits, weights, topP * total, least);
            total = cut(last, 0);
        }
        if (sampling.minP() > 0) {
            total = cut(last, sampling.minP());
        }
        return pick(random * total);
    }

    /**
     * Sets the weights of the tokens up to {@code last} and returns their sum. Those of less than 2^-53 of the best are left out,
     * since exponentials are most of the time that sampling takes: all of a vocabulary of 2^18 together would be drawn once in
     * 2^35 tokens.
     */
    private double weigh(float temperature, float greatest, long last) {
        double total = 0;
        for (int token = 0; token < vocabularySize; token++) {
            boolean isKept = last == Long.MAX_VALUE || Ranking.key(logits[token], token) <= last;
            weights[token] = isKept ? weight(logits[token], greatest, temperature) : 0;
            total += weights[token];
        }
        return total;
    }

    /** What a token weighs, if the most likely one weighs 1. */
    static double weight(float logit, float greatest, float temperature) {
        double exponent = ((double) logit - greatest) / temperature;
        return exponent > LEAST ? Math.exp(exponent) : 0;
    }

    /** Takes the weight of those after {@code last} and of those below {@code least}; returns the sum of the others. */
    private double cut(long last, double least) {
        double total = 0;
        for (int token = 0; token < vocabularySize; token++) {
            if (weights[token] < least || Ranking.key(logits[token], token) > last) {
                weights[token] = 0;
            }
            total += weights[token];
        }
        return total;
    }

    /** The first token at which the sum of weights exceeds {@code target}. */
    private int pick(double target) {
        double sum = 0;
        int picked = 0;
        for (int token = 0; token < vocabularySize; token++) {
            if (weights[token] > 0) {
                picked = token;
                sum += weights[token];
                if (sum > target) {
                    break;
                }
            }
        }
        return picked;
    }

    private SampledToken describe(int token, float greatest, int topLogProbs, List<Integer> watchedTokens) {
        if (topLogProbs < 0) {
            return new SampledToken(token, Float.NaN, List.of());
        }
        double total = 0;
        for (int other = 0; other < vocabularySize; other++) {
            total += Math.exp((double) logits[other] - greatest);
        }
        double logTotal = greatest + Math.log(total);
        List<Alternative> alternatives = new ArrayList<>(topLogProbs);
        for (long key : ranking.best(logits, Math.min(topLogProbs, vocabularySize))) {
            int other = Ranking.token(key);
            if (logits[other] > Float.NEGATIVE_INFINITY) {
                alternatives.add(new Alternative(other, (float) (logits[other] - logTotal)));
            }
        }
        for (int watched : watchedTokens) {
            alternatives.add(new Alternative(watched, (float) (logits[watched] - logTotal)));
        }
        return new SampledToken(token, (float) (logits[token] - logTotal), alternatives);
    }

    /**
     * A number in [0, 1) that depends on seed and index only (SplitMix64 of both), so that a sequence needs no generator
     * whose state would have to be kept.
     */
    static double uniform(long seed, int index) {
        return (mix(mix(seed) + (index + 1L) * 0x9E3779B97F4A7C15L) >>> 11) * 0x1.0p-53;
    }

    private static long mix(long value) {
        long mixed = (value ^ (value >>> 30)) * 0xBF58476D1CE4E5B9L;
        mixed = (mixed ^ (mixed >>> 27)) * 0x94D049BB133111EBL;
        return mixed ^ (mixed >>> 31);
    }
}
