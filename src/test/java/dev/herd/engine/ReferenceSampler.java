package dev.herd.engine;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Sampling as its definition reads: double precision, whole sorts, one list per step. */
final class ReferenceSampler {
    /** A token that may be drawn, and its probability. */
    record Candidate(int token, double probability) {}

    private ReferenceSampler() {}

    static double[] adjusted(float[] logits, GenerationRequest request, List<Integer> answer) {
        SamplingParams sampling = request.sampling();
        double[] adjusted = new double[logits.length];
        for (int token = 0; token < logits.length; token++) {
            float logit = logits[token] + sampling.logitBias().getOrDefault(token, 0f);
            int wanted = token;
            int count = (int) answer.stream().filter(other -> other == wanted).count();
            boolean isSeen = count > 0;
            for (int other : request.prompt()) {
                isSeen |= other == token;
            }
            if (isSeen) {
                logit = logit > 0 ? logit / sampling.repetitionPenalty() : logit * sampling.repetitionPenalty();
            }
            if (count > 0) {
                logit -= sampling.frequencyPenalty() * count + sampling.presencePenalty();
            }
            adjusted[token] = logit;
        }
        return adjusted;
    }

    static double[] logSoftmax(double[] logits) {
        double greatest = Double.NEGATIVE_INFINITY;
        for (double logit : logits) {
            greatest = Math.max(greatest, logit);
        }
        double total = 0;
        for (double logit : logits) {
            total += Math.exp(logit - greatest);
        }
        double[] result = new double[logits.length];
        for (int token = 0; token < logits.length; token++) {
            result[token] = logits[token] - greatest - Math.log(total);
        }
        return result;
    }

    /** What the cut-offs keep, best first. */
    static List<Candidate> kept(double[] adjusted, SamplingParams sampling) {
        double[] scaled = adjusted.clone();
        for (int token = 0; token < scaled.length; token++) {
            scaled[token] /= sampling.temperature();
        }
        double[] logProbs = logSoftmax(scaled);
        List<Candidate> candidates = new ArrayList<>();
        for (int token = 0; token < scaled.length; token++) {
            if (adjusted[token] > Double.NEGATIVE_INFINITY) {
                candidates.add(new Candidate(token, Math.exp(logProbs[token])));
            }
        }
        candidates.sort(Comparator.comparingDouble((Candidate candidate) -> -adjusted[candidate.token()])
                .thenComparingInt(Candidate::token));
        if (sampling.topK() > 0) {
            candidates = normalized(candidates.subList(0, Math.min(sampling.topK(), candidates.size())));
        }
        List<Candidate> nucleus = new ArrayList<>();
        double before = 0;
        for (Candidate candidate : candidates) {
            if (sampling.topP() >= 1 || nucleus.isEmpty() || before <= sampling.topP()) {
                nucleus.add(candidate);
            }
            before += candidate.probability();
        }
        double best = nucleus.get(0).probability();
        return normalized(nucleus.stream()
                .filter(candidate -> candidate.probability() >= sampling.minP() * best)
                .toList());
    }

    static int draw(List<Candidate> kept, double random) {
        List<Candidate> byId =
                kept.stream().sorted(Comparator.comparingInt(Candidate::token)).toList();
        double sum = 0;
        for (Candidate candidate : byId) {
            sum += candidate.probability();
            if (sum > random) {
                return candidate.token();
            }
        }
        return byId.getLast().token();
    }

    private static List<Candidate> normalized(List<Candidate> candidates) {
        double total = candidates.stream().mapToDouble(Candidate::probability).sum();
        return candidates.stream()
                .map(candidate -> new Candidate(candidate.token(), candidate.probability() / total))
                .toList();
    }
}
