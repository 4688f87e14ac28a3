package dev.herd.cli;

import dev.herd.engine.Engine;
import dev.herd.engine.FinishReason;
import dev.herd.engine.GenerationListener;
import dev.herd.engine.GenerationRequest;
import dev.herd.engine.GenerationStats;
import dev.herd.engine.SampledToken;
import dev.herd.engine.SamplingParams;
import java.util.Arrays;
import java.util.Set;

/** Several sequences that are decoded together by an engine, as a server's requests are. */
final class BatchedDecode implements GenerationListener {
    /** Tokens of each prompt, so that no sequence is alone in the first steps that are timed. */
    static final int PROMPT_TOKENS = 16;

    private final Engine engine;
    private final int sequences;
    private long tokens;

    private BatchedDecode(Engine engine, int sequences) {
        this.engine = engine;
        this.sequences = sequences;
    }

    /**
     * Tokens per second of all sequences together, from the step in which the last of them got its first token on.
     *
     * @param ids at least {@link #PROMPT_TOKENS}, of which each sequence takes its prompt from another place
     */
    static double tokensPerSecond(Engine engine, int sequences, int decodeTokens, int[] ids) {
        return new BatchedDecode(engine, sequences).run(decodeTokens, ids);
    }

    private double run(int decodeTokens, int[] ids) {
        for (int sequence = 0; sequence < sequences; sequence++) {
            int[] prompt = new int[PROMPT_TOKENS];
            int from = sequence;
            Arrays.setAll(prompt, i -> ids[(i + from) % ids.length]);
            // One more than is timed: the first token comes from the prompt.
            engine.submit(new GenerationRequest(prompt, SamplingParams.greedy(), decodeTokens + 1, Set.of()), this);
        }
        while (tokens < sequences) {
            engine.step();
        }
        long before = tokens;
        long start = System.nanoTime();
        while (engine.step()) {
            // until all are complete
        }
        return (tokens - before) * 1e9 / (System.nanoTime() - start);
    }

    @Override
    public void onToken(SampledToken token) {
        tokens++;
    }

    @Override
    public void onFinish(FinishReason reason, GenerationStats stats) {}

    @Override
    public void onFailure(Throwable failure) {
        throw new CommandException("the model could not go on: " + failure.getMessage(), failure);
    }
}
