package dev.herd.engine;

import dev.herd.kernels.Floats;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;

/** Requests and their answers computed without an engine. */
final class Requests {
    private Requests() {}

    static GenerationRequest greedy(int maxTokens, int... prompt) {
        return new GenerationRequest(prompt, SamplingParams.greedy(), maxTokens, Set.of());
    }

    static int[] prompt(Random random, int length) {
        return random.ints(length, 0, FakeModelRunner.VOCABULARY).toArray();
    }

    static SamplingParams seeded(long seed) {
        return new SamplingParams(0.9f, 0.95f, 40, 0.01f, 1.1f, 0.2f, 0.1f, Map.of(3, 1.5f), seed, 2);
    }

    static GenerationRequest random(Random random, int maxPrompt, int maxTokens) {
        SamplingParams sampling = random.nextBoolean() ? SamplingParams.greedy() : seeded(random.nextLong());
        Set<Integer> stops = random.nextInt(4) == 0 ? Set.of(random.nextInt(FakeModelRunner.VOCABULARY)) : Set.of();
        return new GenerationRequest(
                prompt(random, 1 + random.nextInt(maxPrompt)), sampling, 1 + random.nextInt(maxTokens), stops);
    }

    /** What {@code runner}'s model answers, with no blocks, batches or slices involved. */
    static List<Integer> answer(FakeModelRunner runner, GenerationRequest request, int contextLength) {
        Sampler sampler = new Sampler(FakeModelRunner.VOCABULARY);
        Occurrences occurrences = new Occurrences(request, FakeModelRunner.VOCABULARY);
        List<Integer> all = new ArrayList<>();
        for (int token : request.prompt()) {
            all.add(token);
        }
        List<Integer> answer = new ArrayList<>();
        while (answer.size() < request.maxTokens() && all.size() < contextLength) {
            float[] logits =
                    runner.logits(all.stream().mapToInt(Integer::intValue).toArray());
            int token = sampler.sample(Floats.copyOf(logits), 0, request.sampling(), occurrences, answer.size())
                    .id();
            occurrences.add(token);
            all.add(token);
            answer.add(token);
            if (request.stopTokens().contains(token)) {
                break;
            }
        }
        return answer;
    }
}
