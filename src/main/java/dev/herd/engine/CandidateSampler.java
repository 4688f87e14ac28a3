package dev.herd.engine;

import dev.herd.kernels.device.Candidates;
import java.util.OptionalInt;
import java.util.stream.IntStream;

/**
 * Chooses the next token from the most likely ones alone, if that is certainly the one that {@link Sampler} chooses from the
 * whole row; otherwise says so.
 */
final class CandidateSampler {
    /*
     * What the cut-offs keep, and a draw from that by id, depend on the kept tokens only, in the same arithmetic as the
     * whole row's: tokens that are not kept weigh 0 there, and to add 0 changes no sum. Where the nucleus ends does depend on
     * what the whole row weighs, which a device has summed in float. So each candidate must be in or out whatever the true
     * sum is within the device's tolerance; the nucleus of a row of which that cannot be told is the whole row's affair.
     */
    /** Lower temperatures, above 0, are left to the whole row: floats are too small for logits divided by the lowest. */
    private static final float COLDEST = 1e-3f;

    private CandidateSampler() {}

    /** What to wish for of a row; nothing if candidates cannot be enough. */
    static Candidates.Wish wish(SamplingParams sampling) {
        boolean isPlain = sampling.repetitionPenalty() == 1
                && sampling.frequencyPenalty() == 0
                && sampling.presencePenalty() == 0
                && sampling.logitBias().isEmpty()
                && sampling.topLogProbs() < 0;
        if (!isPlain) {
            return Candidates.Wish.NONE;
        }
        if (sampling.temperature() == 0) {
            return Candidates.Wish.GREEDY;
        }
        if (sampling.temperature() < COLDEST) {
            return Candidates.Wish.NONE;
        }
        int topK = sampling.topK();
        boolean isCut = topK > 0 ? topK <= Candidates.MOST : sampling.topP() < 1 || sampling.minP() > 0;
        return isCut
                ? new Candidates.Wish(topK > 0 ? topK : Candidates.MOST, sampling.temperature())
                : Candidates.Wish.NONE;
    }

    /**
     * Chooses a token.
     *
     * @param candidates what {@link #wish} wishes for
     * @param index number of the token within the answer, which selects the random number
     * @return empty if only the whole row can tell
     */
    static OptionalInt choose(Candidates candidates, SamplingParams sampling, int index, int vocabularySize) {
        if (sampling.temperature() == 0) {
            return OptionalInt.of(candidates.ids()[0]);
        }
        double[] weights = weights(candidates, sampling);
        int kept = kept(candidates, weights, sampling, vocabularySize);
        return kept == 0
                ? OptionalInt.empty()
                : OptionalInt.of(pick(candidates.ids(), weights, kept, Sampler.uniform(sampling.seed(), index)));
    }

    private static double[] weights(Candidates candidates, SamplingParams sampling) {
        float[] logits = candidates.logits();
        double[] weights = new double[logits.length];
        for (int i = 0; i < weights.length; i++) {
            weights[i] = Sampler.weight(logits[i], logits[0], sampling.temperature());
        }
        return weights;
    }

    /** How many of the candidates are kept; 0 if that cannot be told. */
    private static int kept(Candidates candidates, double[] weights, SamplingParams sampling, int vocabularySize) {
        boolean isTopK = sampling.topK() > 0 && sampling.topK() < vocabularySize;
        double total = candidates.total();
        if (isTopK) {
            total = 0;
            for (double weight : weights) {
                total += weight;
            }
        }
        double limit = sampling.topP() < 1 ? (double) sampling.topP() * total : Double.POSITIVE_INFINITY;
        double before = 0;
        for (int i = 0; i < weights.length; i++) {
            if (weights[i] == 0 || weights[i] < sampling.minP()) {
                return i;
            }
            if (i > 0 && before > limit * (1 - Candidates.TOLERANCE)) {
                return before > limit * (1 + Candidates.TOLERANCE) ? i : 0;
            }
            before += weights[i];
        }
        return isTopK || weights.length == vocabularySize ? weights.length : 0;
    }

    /** The first token, by id, at which the sum of weights exceeds {@code random} of all that is kept. */
    private static int pick(int[] ids, double[] weights, int kept, double random) {
        int[] byId = IntStream.range(0, kept)
                .boxed()
                .sorted((i, j) -> Integer.compare(ids[i], ids[j]))
                .mapToInt(Integer::intValue)
                .toArray();
        double total = 0;
        for (int i : byId) {
            total += weights[i];
        }
        double sum = 0;
        for (int i : byId) {
            sum += weights[i];
            if (sum > random * total) {
                return ids[i];
            }
        }
        return ids[byId[kept - 1]];
    }
}
