package dev.herd.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.herd.kernels.KernelsSelector;
import dev.herd.kernels.TensorType;
import dev.herd.tokenizer.BuiltInVocabulary;
import dev.herd.weights.BuiltInModel;
import dev.herd.weights.Checkpoint;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Beginnings that are computed once for several requests: nobody's answer changes, and nobody sees another scope's. */
class PrefixCacheTest {
    private static final int CONTEXT = 60;

    private FakeModelRunner runner = new FakeModelRunner(0, 4, 1000, 32);

    private Engine engine() {
        return new Engine(runner, new EngineConfig(CONTEXT, 4, 16, 8), () -> 0);
    }

    private static RecordingListener submit(Engine engine, String scope, GenerationRequest request) {
        RecordingListener listener = new RecordingListener();
        engine.submit(request.withCacheScope(scope), listener);
        return listener;
    }

    private static RecordingListener answer(Engine engine, String scope, GenerationRequest request) {
        RecordingListener listener = submit(engine, scope, request);
        runToEnd(engine);
        return listener;
    }

    private static void runToEnd(Engine engine) {
        int steps = 0;
        while (engine.step()) {
            assertThat(++steps).isLessThan(10_000);
        }
    }

    private static int[] range(int length) {
        return IntStream.range(0, length).map(i -> 7 * i % 50).toArray();
    }

    private static int[] concatenated(int[] start, List<Integer> end) {
        return IntStream.concat(Arrays.stream(start), end.stream().mapToInt(Integer::intValue))
                .toArray();
    }

    @Test
    void theSamePromptIsComputedOnceButForItsLastTokens() {
        Engine engine = engine();
        GenerationRequest request = Requests.greedy(5, range(17));

        RecordingListener first = answer(engine, "a", request);
        RecordingListener second = answer(engine, "a", request);

        assertThat(first.stats().cachedTokens()).isZero();
        assertThat(second.stats().cachedTokens()).isEqualTo(16);
        assertThat(second.prefills()).containsExactly(17);
        assertThat(second.tokens()).isEqualTo(first.tokens()).isEqualTo(Requests.answer(runner, request, CONTEXT));
        assertThat(engine.status().sharedTokens()).isEqualTo(16);
        assertThat(engine.status().promptTokens()).isEqualTo(17 + 1);
    }

    @Test
    void aPromptThatEndsWithABlockComputesItsLastBlock() {
        Engine engine = engine();

        answer(engine, "a", Requests.greedy(1, range(16)));

        assertThat(answer(engine, "a", Requests.greedy(1, range(16))).stats().cachedTokens())
                .isEqualTo(12);
    }

    @Test
    void theNextTurnFindsTheAnswerOfTheLast() {
        Engine engine = engine();
        int[] prompt = range(10);
        List<Integer> answer = answer(engine, "a", Requests.greedy(8, prompt)).tokens();
        int[] next = concatenated(concatenated(prompt, answer), List.of(3, 1, 4));

        RecordingListener second = answer(engine, "a", Requests.greedy(4, next));

        assertThat(second.stats().cachedTokens()).isEqualTo(16); // of 17: the last token of an answer is not computed
        assertThat(second.tokens()).isEqualTo(Requests.answer(runner, Requests.greedy(4, next), CONTEXT));
    }

    @Test
    void otherScopesAndRequestsWithoutOneShareNothing() {
        Engine engine = engine();
        GenerationRequest request = Requests.greedy(2, range(20));
        answer(engine, "a", request);

        assertThat(answer(engine, "b", request).stats().cachedTokens()).isZero();
        RecordingListener without = new RecordingListener();
        engine.submit(request, without);
        runToEnd(engine);
        assertThat(without.stats().cachedTokens()).isZero();
        assertThat(answer(engine, "b", request).stats().cachedTokens()).isEqualTo(16);
    }

    @Test
    void ofRequestsThatComeTogetherTheFirstComputesForAll() {
        Engine engine = engine();
        GenerationRequest request = Requests.greedy(3, range(30));
        List<RecordingListener> listeners = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            listeners.add(submit(engine, "a", request));
        }

        runToEnd(engine);

        assertThat(listeners.stream().map(each -> each.stats().cachedTokens())).containsExactly(0, 28, 28, 28);
        assertThat(engine.status().promptTokens()).isEqualTo(30 + 3 * 2);
        assertThat(listeners)
                .allSatisfy(each -> assertThat(each.tokens()).isEqualTo(Requests.answer(runner, request, CONTEXT)));
    }

    @Test
    void localBlocksOfFinishedChunksAreNotNeeded() {
        runner = new FakeModelRunner(16, 4, 1000, 32);
        Engine engine = engine();
        GenerationRequest longer = Requests.greedy(3, range(39));
        answer(engine, "a", longer);
        int held = engine.status().usedBlocks();

        RecordingListener again = answer(engine, "a", longer);

        assertThat(held).isZero();
        assertThat(again.stats().cachedTokens()).isEqualTo(36);
        assertThat(again.tokens()).isEqualTo(Requests.answer(runner, longer, CONTEXT));
    }

    /** The pool holds one sequence: what the next one needs is taken from what nobody holds, oldest first. */
    @Test
    void whatIsRememberedGivesWayToRunningSequences() {
        runner = new FakeModelRunner(0, 4, 4 * 15, 32);
        Engine engine = engine();
        GenerationRequest request = Requests.greedy(3, range(40));
        answer(engine, "a", request);

        for (int other = 0; other < 3; other++) {
            GenerationRequest different = Requests.greedy(10, Requests.prompt(new Random(other), 45));
            assertThat(answer(engine, "a", different).tokens()).isEqualTo(Requests.answer(runner, different, CONTEXT));
        }
        RecordingListener again = answer(engine, "a", request);

        assertThat(again.stats().cachedTokens()).isZero();
        assertThat(again.tokens()).isEqualTo(Requests.answer(runner, request, CONTEXT));
    }

    @Test
    void picturesArePartOfABeginning() {
        runner = new FakeModelRunner(16, 4, 1000, 40);
        runner.vision = Optional.of(FakeImages.TOWER);
        Engine engine = engine();
        GenerationRequest cat = FakeImages.request(30, 3, FakeImages.image("a", 1, 6, 11));
        GenerationRequest dog = FakeImages.request(30, 3, FakeImages.image("a", 2, 6, 11));
        answer(engine, "a", cat);

        RecordingListener same = answer(engine, "a", cat);
        RecordingListener other = answer(engine, "a", dog);

        assertThat(same.stats().cachedTokens()).isEqualTo(28);
        assertThat(same.tokens()).isEqualTo(Requests.answer(runner, FakeImages.spelledOut(cat), CONTEXT));
        assertThat(other.stats().cachedTokens())
                .as("what is before the picture")
                .isEqualTo(4);
        assertThat(other.tokens()).isEqualTo(Requests.answer(runner, FakeImages.spelledOut(dog), CONTEXT));
    }

    /** Conversations that branch, in two scopes, on pools from just enough to ample. */
    @ParameterizedTest
    @CsvSource({
        "4,1,7", "4,2,3", "4,3,16", "4,5,3", "4,16,7", "16,4,16", "16,5,7", "7,3,16", "0,4,7", "6,4,16", "16,16,3"
    })
    void branchingConversationsAreAnsweredAsIfNothingWereShared(int chunkSize, int blockSize, int slice) {
        long shared = 0;
        for (long seed = 0; seed < 8; seed++) {
            shared += converse(chunkSize, blockSize, slice, seed);
        }
        assertThat(shared).isPositive();
    }

    private static long converse(int chunkSize, int blockSize, int slice, long seed) {
        Random random = new Random(seed);
        FakeModelRunner sized = new FakeModelRunner(chunkSize, blockSize, 1, 1);
        int needed = Math.toIntExact(new BlockManager(sized.kvLayout(), sized.config(), 1).required(CONTEXT - 1));
        FakeModelRunner model = new FakeModelRunner(chunkSize, blockSize, needed + random.nextInt(6 * needed), 12);
        Engine engine = new Engine(model, new EngineConfig(CONTEXT, 5, 30, slice), () -> 0);
        List<int[]> histories = new ArrayList<>(List.of(Requests.prompt(random, 1 + random.nextInt(20))));
        List<GenerationRequest> requests = new ArrayList<>();
        List<RecordingListener> listeners = new ArrayList<>();
        while (requests.size() < 25) {
            int[] history = histories.get(random.nextInt(histories.size()));
            int kept = 1 + random.nextInt(history.length);
            int[] prompt = concatenated(
                    Arrays.copyOf(history, kept),
                    Arrays.stream(Requests.prompt(random, random.nextInt(6)))
                            .boxed()
                            .toList());
            prompt = Arrays.copyOf(prompt, Math.min(prompt.length, CONTEXT - 1));
            GenerationRequest request = Requests.greedy(1 + random.nextInt(12), prompt);
            requests.add(request);
            listeners.add(submit(engine, random.nextInt(5) == 0 ? "b" : "a", request));
            histories.add(concatenated(prompt, Requests.answer(model, request, CONTEXT)));
            for (int steps = random.nextInt(12); steps > 0; steps--) {
                engine.step();
            }
        }
        runToEnd(engine);

        for (int i = 0; i < requests.size(); i++) {
            assertThat(listeners.get(i).tokens())
                    .as("seed %d, request %d", seed, i)
                    .isEqualTo(Requests.answer(model, requests.get(i), CONTEXT));
        }
        assertThat(engine.status().usedBlocks()).isZero();
        assertThat(engine.status().reservedBlocks()).isZero();
        return engine.status().sharedTokens();
    }

    @Test
    void aRealModelAnswersAlikeFromTheCache() {
        try (Checkpoint checkpoint = BuiltInModel.open(BuiltInVocabulary.get());
                CpuModelRunner cpu = new CpuModelRunner(
                        checkpoint,
                        KernelsSelector.select(Optional.of("scalar")).kernels(),
                        2,
                        new CpuModelRunner.Limits(64, 16, TensorType.F32, 1L << 26))) {
            Engine engine = new Engine(cpu, new EngineConfig(256, 4, 4, 32), System::nanoTime);
            GenerationRequest request = Requests.greedy(12, range(70));
            RecordingListener fresh = answer(engine, "a", request);
            RecordingListener cached = answer(engine, "a", request);

            assertThat(cached.stats().cachedTokens()).isEqualTo(64);
            assertThat(cached.tokens()).isEqualTo(fresh.tokens());
            for (int i = 0; i < 12; i++) {
                assertThat(cached.sampledTokens().get(i).logProb())
                        .isCloseTo(fresh.sampledTokens().get(i).logProb(), org.assertj.core.data.Offset.offset(1e-4f));
            }
        }
    }
}
