package dev.herd.cli;

import dev.herd.kernels.Floats;
import java.util.ArrayList;
import java.util.List;

/** The most likely tokens of one row of logits. */
final class LogProbs {
    private LogProbs() {}

    /** A token and the natural logarithm of its probability. */
    record Ranked(int token, double logProb) {}

    /** The {@code count} most likely tokens of {@code [row]}, best first, of equal ones the lower id first. */
    static List<Ranked> top(Floats logits, int row, int vocabularySize, int count) {
        float[] values = logits.toArray((long) row * vocabularySize, vocabularySize);
        int kept = Math.min(count, vocabularySize);
        int[] best = new int[kept];
        int found = 0;
        for (int token = 0; token < vocabularySize; token++) {
            int place = found;
            while (place > 0 && values[token] > values[best[place - 1]]) {
                place--;
            }
            if (place < kept) {
                found = Math.min(found + 1, kept);
                System.arraycopy(best, place, best, place + 1, found - place - 1);
                best[place] = token;
            }
        }
        double normaliser = logSumExp(values);
        List<Ranked> ranked = new ArrayList<>(kept);
        for (int i = 0; i < found; i++) {
            ranked.add(new Ranked(best[i], values[best[i]] - normaliser));
        }
        return ranked;
    }

    /** The most likely token of {@code [row]}, of equal ones the lowest id. */
    static int argmax(Floats logits, int row, int vocabularySize) {
        float[] values = logits.toArray((long) row * vocabularySize, vocabularySize);
        int best = 0;
        for (int token = 1; token < vocabularySize; token++) {
            best = values[token] > values[best] ? token : best;
        }
        return best;
    }

    private static double logSumExp(float[] values) {
        double max = Double.NEGATIVE_INFINITY;
        for (float value : values) {
            max = Math.max(max, value);
        }
        double sum = 0;
        for (float value : values) {
            sum += Math.exp(value - max);
        }
        return max + Math.log(sum);
    }
}
