package dev.herd.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What an engine answers does not depend on slices, blocks, or who else is there. */
class EngineEqualityTest {
    private static final int CONTEXT = 48;

    @ParameterizedTest
    @CsvSource({
        "4,1,1", "4,1,7", "4,2,3", "4,3,1", "4,3,16", "4,4,7", "4,5,3", "4,16,1", "4,16,7", "16,1,3", "16,4,16",
        "16,5,7", "16,16,3", "7,3,16", "0,4,7", "0,16,1", "6,4,16"
    })
    void aBatchOfManyEqualsEachAlone(int chunkSize, int blockSize, int slice) {
        int largestBatch = 0;
        for (long seed = 0; seed < 6; seed++) {
            largestBatch = Math.max(largestBatch, joinAndLeave(chunkSize, blockSize, slice, seed));
        }
        assertThat(largestBatch).isGreaterThan(2);
    }

    /** Returns the number of sequences in the largest batch. */
    private static int joinAndLeave(int chunkSize, int blockSize, int slice, long seed) {
        Random random = new Random(seed);
        int needed = blocksOfFullContext(chunkSize, blockSize);
        FakeModelRunner runner = new FakeModelRunner(chunkSize, blockSize, needed + random.nextInt(4 * needed), 12);
        Engine engine = new Engine(runner, new EngineConfig(CONTEXT, 5, 30, slice), () -> 0);
        List<GenerationRequest> requests = new ArrayList<>();
        List<RecordingListener> listeners = new ArrayList<>();
        while (requests.size() < 15) {
            GenerationRequest request = Requests.random(random, CONTEXT - 1, 30);
            RecordingListener listener = new RecordingListener();
            engine.submit(request, listener);
            requests.add(request);
            listeners.add(listener);
            for (int steps = random.nextInt(5); steps > 0; steps--) {
                engine.step();
            }
        }
        runToEnd(engine);

        for (int i = 0; i < requests.size(); i++) {
            assertThat(listeners.get(i).tokens())
                    .as("seed %d, request %d", seed, i)
                    .isEqualTo(Requests.answer(runner, requests.get(i), CONTEXT));
        }
        assertThat(engine.status().usedBlocks()).isZero();
        assertThat(engine.status().reservedBlocks()).isZero();
        return runner.batches.stream()
                .mapToInt(batch -> batch.slices().size())
                .max()
                .orElseThrow();
    }

    private static int blocksOfFullContext(int chunkSize, int blockSize) {
        FakeModelRunner runner = new FakeModelRunner(chunkSize, blockSize, 1, 1);
        return Math.toIntExact(new BlockManager(runner.kvLayout(), runner.config(), 1).required(CONTEXT - 1));
    }

    private static void runToEnd(Engine engine) {
        int steps = 0;
        while (engine.step()) {
            assertThat(++steps).isLessThan(10_000);
        }
    }

    @Test
    void theSameSeedGivesTheSameAnswerInAnyCompany() {
        int[] prompt = {5, 9, 2, 33, 7};
        GenerationRequest request = new GenerationRequest(prompt, Requests.seeded(42), 20, Set.of());
        FakeModelRunner runner = new FakeModelRunner(4, 2, 1000, 32);
        Engine engine = new Engine(runner, new EngineConfig(CONTEXT, 8, 8, 3), () -> 0);
        RecordingListener alone = new RecordingListener();
        engine.submit(request, alone);
        runToEnd(engine);
        RecordingListener first = new RecordingListener();
        RecordingListener last = new RecordingListener();
        engine.submit(request, first);
        for (int other = 0; other < 6; other++) {
            engine.submit(Requests.random(new Random(other), 20, 20), new RecordingListener());
            engine.step();
        }
        engine.submit(request, last);
        runToEnd(engine);

        assertThat(first.sampledTokens()).isEqualTo(alone.sampledTokens());
        assertThat(last.sampledTokens()).isEqualTo(alone.sampledTokens());
    }

    @Test
    void anotherSeedGivesAnotherAnswer() {
        FakeModelRunner runner = new FakeModelRunner(4, 2, 1000, 32);

        List<List<Integer>> answers = new ArrayList<>();
        for (long seed = 0; seed < 4; seed++) {
            GenerationRequest request = new GenerationRequest(new int[] {1, 2}, Requests.seeded(seed), 20, Set.of());
            answers.add(Requests.answer(runner, request, CONTEXT));
        }

        assertThat(answers).doesNotHaveDuplicates();
    }
}
