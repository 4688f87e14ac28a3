package dev.herd.golden;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.herd.engine.CpuModelRunner;
import dev.herd.engine.DeviceModelRunner;
import dev.herd.engine.DeviceModelRunner.TowerPlace;
import dev.herd.engine.Engine;
import dev.herd.engine.EngineConfig;
import dev.herd.engine.FinishReason;
import dev.herd.engine.GenerationListener;
import dev.herd.engine.GenerationRequest;
import dev.herd.engine.GenerationStats;
import dev.herd.engine.ModelRunner;
import dev.herd.engine.SampledToken;
import dev.herd.engine.SamplingParams;
import dev.herd.kernels.Floats;
import dev.herd.kernels.TensorType;
import dev.herd.kernels.device.Candidates;
import dev.herd.kernels.device.Candidates.Wish;
import dev.herd.kernels.device.Logits;
import dev.herd.model.Batch;
import dev.herd.model.BlockTable;
import dev.herd.model.KvLayout;
import dev.herd.weights.Checkpoint;
import dev.herd.weights.Checkpoints;
import dev.herd.weights.ModelConfig;
import dev.herd.weights.ModelConfig.LayerKind;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/** Tokens chosen from a device's candidates beside those chosen from its whole rows of logits. */
final class DeviceSamplingTest {
    private static final int TOKENS = 40; // more than the device computes logits of at once
    private static final Checkpoint CHECKPOINT = Checkpoints.open(Golden.folder("scout"));
    private static final ModelRunner DEVICE = new DeviceModelRunner(
            CHECKPOINT,
            TestDevice.get(),
            new TowerPlace.OnDevice(),
            new CpuModelRunner.Limits(TOKENS, 16, TensorType.F32, 1L << 22),
            8,
            64);

    @AfterAll
    static void close() {
        DEVICE.close();
        CHECKPOINT.close();
    }

    /** The device's runner, whose fetched rows are counted. */
    private static final class Counting implements ModelRunner {
        private final boolean hasCandidates;
        private int fetched;

        Counting(boolean hasCandidates) {
            this.hasCandidates = hasCandidates;
        }

        @Override
        public Logits start(Batch batch) {
            if (!hasCandidates) {
                return Logits.of(DEVICE.run(batch), config().vocabularySize());
            }
            Logits logits = DEVICE.start(batch);
            return new Logits() {
                @Override
                public Optional<Candidates> candidates(int row) {
                    return logits.candidates(row);
                }

                @Override
                public void fetch(int... rows) {
                    fetched += rows.length;
                    logits.fetch(rows);
                }

                @Override
                public Floats row(int row) {
                    return logits.row(row);
                }
            };
        }

        @Override
        public Floats run(Batch batch) {
            return DEVICE.run(batch);
        }

        @Override
        public ModelConfig config() {
            return DEVICE.config();
        }

        @Override
        public KvLayout kvLayout() {
            return DEVICE.kvLayout();
        }

        @Override
        public int blockCount() {
            return DEVICE.blockCount();
        }

        @Override
        public int maxBatchTokens() {
            return DEVICE.maxBatchTokens();
        }

        @Override
        public String description() {
            return DEVICE.description();
        }

        @Override
        public void close() {}
    }

    private static final class Listener implements GenerationListener {
        final List<SampledToken> tokens = new ArrayList<>();

        @Override
        public void onPromptScores(List<SampledToken> scores) {
            tokens.addAll(scores);
        }

        @Override
        public void onToken(SampledToken token) {
            tokens.add(token);
        }

        @Override
        public void onFinish(FinishReason reason, GenerationStats stats) {}

        @Override
        public void onFailure(Throwable cause) {
            throw new AssertionError(cause);
        }
    }

    private static List<List<SampledToken>> answers(ModelRunner runner, List<GenerationRequest> requests) {
        List<Listener> listeners = new ArrayList<>();
        try (Engine engine = new Engine(runner, new EngineConfig(64, 8, 8, TOKENS), System::nanoTime)) {
            for (GenerationRequest request : requests) {
                Listener listener = new Listener();
                listeners.add(listener);
                engine.submit(request, listener);
            }
            while (engine.step()) {}
        }
        return listeners.stream().map(listener -> listener.tokens).toList();
    }

    private static GenerationRequest request(SamplingParams sampling, int promptTokens) {
        int[] prompt = IntStream.range(0, promptTokens).map(i -> 7 * i % 700).toArray();
        return new GenerationRequest(prompt, sampling, 12, Set.of());
    }

    private static SamplingParams cutOffs(float temperature, float topP, int topK, float minP) {
        return new SamplingParams(temperature, topP, topK, minP, 1, 0, 0, Map.of(), 5, -1);
    }

    @Test
    void answersAreThoseFromWholeRows() {
        List<GenerationRequest> requests = List.of(
                request(SamplingParams.greedy(), 3),
                request(cutOffs(0.8f, 1, 20, 0), 4),
                request(cutOffs(0.3f, 0.8f, 0, 0), 5),
                request(cutOffs(0.5f, 1, 0, 0.2f), 3),
                request(cutOffs(1.5f, 0.95f, 0, 0), 2),
                request(new SamplingParams(0.7f, 0.9f, 0, 0, 1.2f, 0.1f, 0, Map.of(3, 2f), 9, 2), 3),
                request(cutOffs(0.6f, 0.7f, 40, 0), TOKENS).withPromptLogProbs(1));

        List<List<SampledToken>> answers = answers(new Counting(true), requests);

        assertThat(answers).isEqualTo(answers(new Counting(false), requests));
        assertThat(answers.getFirst()).hasSize(12);
        assertThat(answers.getLast()).hasSize(TOKENS - 1 + 12);
    }

    @Test
    void rowsAreFetchedOnlyWhereCandidatesAreNotEnough() {
        Counting cut = new Counting(true);
        answers(cut, List.of(request(SamplingParams.greedy(), 3), request(cutOffs(1, 1, 64, 0), 3)));
        assertThat(cut.fetched).isZero();

        Counting mixed = new Counting(true);
        answers(mixed, List.of(request(SamplingParams.greedy(), 3), request(cutOffs(1, 1, 0, 0), 3)));
        assertThat(mixed.fetched).isEqualTo(12);
    }

    @Test
    void rowsOfAllWindowsCanBeAskedForInAnyOrder() {
        int size = DEVICE.config().vocabularySize();
        Floats all = copy(DEVICE.run(batch(Wish.NONE)));
        Logits logits = DEVICE.start(batch(new Wish(5, 1)));

        assertThat(logits.candidates(0)).isEmpty();
        Candidates last = logits.candidates(TOKENS - 1).orElseThrow();
        for (int[] rows : new int[][] {{39, 2, 5}, {0}, {38}, {1, 39, 38, 33}}) {
            logits.fetch(rows);
            for (int row : rows) {
                assertThat(logits.row(row).toArray(0, size)).isEqualTo(all.toArray((long) row * size, size));
            }
        }
        assertThat(last.logits()[0]).isEqualTo(all.get((TOKENS - 1L) * size + last.ids()[0]));
        assertThatThrownBy(() -> logits.row(7)).hasMessageContaining("row 7 of the logits was not fetched");
    }

    private static Floats copy(Floats source) {
        return Floats.copyOf(source.toArray(0, Math.toIntExact(source.size())));
    }

    /** One sequence of 40 tokens, all of which want logits. */
    private static Batch batch(Wish wish) {
        BlockTable blocks = new BlockTable();
        KvLayout layout = DEVICE.kvLayout();
        int next = 0;
        for (int step = 0; step * layout.blockSize() < TOKENS; step++) {
            for (LayerKind kind : LayerKind.values()) {
                for (int i = 0; i < layout.blocksPerStep(kind); i++) {
                    blocks.append(kind, next++);
                }
            }
        }
        int[] tokens = IntStream.range(0, TOKENS).map(i -> 11 * i % 700).toArray();
        return new Batch(List.of(new Batch.Slice(tokens, 0, blocks, TOKENS, wish, List.of())));
    }
}
