package dev.herd.engine;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.herd.kernels.KernelsSelector;
import dev.herd.kernels.TensorType;
import dev.herd.model.Batch;
import dev.herd.model.Batch.Slice;
import dev.herd.model.BlockTable;
import dev.herd.tokenizer.BuiltInVocabulary;
import dev.herd.weights.BuiltInModel;
import dev.herd.weights.Checkpoint;
import dev.herd.weights.ModelConfig.LayerKind;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Decoding leaves the garbage collector nothing to do: what threads allocate, as the JVM counts it. */
class AllocationTest {
    private static final ThreadMXBean THREADS = ManagementFactory.getPlatformMXBean(ThreadMXBean.class);
    private static final int WARM_UP = 1500;
    private static final int MEASURED = 100;
    private static final int ROUNDS = 10;
    private static final int CONTEXT = 256;

    /** A step of the model itself, on all threads that compute: nothing. */
    @ParameterizedTest
    @ValueSource(ints = {1, 3})
    void aStepOfTheModelAllocatesNothing(int sequences) {
        try (Checkpoint checkpoint = BuiltInModel.open(BuiltInVocabulary.get());
                CpuModelRunner runner = runner(checkpoint)) {
            List<Batch> batches = decodingBatches(runner, sequences);
            long[] threads = computingThreads();
            for (int i = 0; i < WARM_UP; i++) {
                runner.run(batches.get(i % CONTEXT));
            }

            assertThat(least(threads, () -> {
                        for (int i = 0; i < MEASURED; i++) {
                            runner.run(batches.get(i % CONTEXT));
                        }
                    }))
                    .isZero();
        }
    }

    /**
     * A step of the engine: the lists, the slice and its token that describe the batch, and the choice that is handed to
     * the listener. That does not grow with the context, the layers or the vocabulary: a float for each token of either
     * would be more than the bound.
     */
    @Test
    void aStepOfTheEngineAllocatesNoMoreThanItsBatchAndItsChoices() {
        try (Checkpoint checkpoint = BuiltInModel.open(BuiltInVocabulary.get());
                CpuModelRunner runner = runner(checkpoint)) {
            EngineConfig config = new EngineConfig(WARM_UP + ROUNDS * MEASURED + CONTEXT, 1, 1, 16);
            Engine engine = new Engine(runner, config, System::nanoTime);
            GenerationRequest request = new GenerationRequest(
                    new int[] {1, 2, 3}, SamplingParams.greedy(), config.contextLength(), Set.of());
            engine.submit(request, new GenerationListener() {
                @Override
                public void onToken(SampledToken token) {}

                @Override
                public void onFinish(FinishReason reason, GenerationStats stats) {}

                @Override
                public void onFailure(Throwable cause) {}
            });
            long[] threads = computingThreads();
            for (int i = 0; i < WARM_UP; i++) {
                assertThat(engine.step()).isTrue();
            }

            long bytes = least(threads, () -> {
                for (int i = 0; i < MEASURED; i++) {
                    engine.step();
                }
            });

            assertThat(bytes / MEASURED).isLessThan(2048);
        }
    }

    private static CpuModelRunner runner(Checkpoint checkpoint) {
        CpuModelRunner.Limits limits = new CpuModelRunner.Limits(64, 16, TensorType.Q8_0, 1L << 28);
        return new CpuModelRunner(
                checkpoint, KernelsSelector.select(Optional.empty()).kernels(), 2, limits);
    }

    /** Batches of one token for each sequence, at every position of the context. */
    private static List<Batch> decodingBatches(CpuModelRunner runner, int sequences) {
        List<BlockTable> tables = new ArrayList<>();
        int next = 0;
        for (int sequence = 0; sequence < sequences; sequence++) {
            BlockTable blocks = new BlockTable();
            for (LayerKind kind : LayerKind.values()) {
                for (int i = 0; i < CONTEXT / 16 * runner.kvLayout().blocksPerStep(kind); i++) {
                    blocks.append(kind, next++);
                }
            }
            tables.add(blocks);
        }
        List<Batch> batches = new ArrayList<>();
        for (int position = 0; position < CONTEXT; position++) {
            List<Slice> slices = new ArrayList<>();
            for (BlockTable blocks : tables) {
                slices.add(new Slice(new int[] {position % 7}, position, blocks, 1));
            }
            batches.add(new Batch(slices));
        }
        return batches;
    }

    private static long[] computingThreads() {
        Thread[] all = new Thread[Thread.activeCount() + 16];
        int count = Thread.enumerate(all);
        List<Thread> workers = Arrays.stream(all, 0, count)
                .filter(thread -> thread.getName().startsWith("herd-worker-"))
                .toList();
        assertThat(workers).isNotEmpty();
        return Stream.concat(workers.stream(), Stream.of(Thread.currentThread()))
                .mapToLong(Thread::threadId)
                .toArray();
    }

    /** Of several rounds the least, because compiled code replaces interpreted code whenever the JVM is ready with it. */
    private static long least(long[] threads, Runnable work) {
        long least = Long.MAX_VALUE;
        for (int round = 0; round < ROUNDS; round++) {
            long before = allocated(threads);
            work.run();
            least = Math.min(least, allocated(threads) - before);
        }
        return least;
    }

    private static long allocated(long[] threads) {
        long sum = 0;
        for (long thread : threads) {
            sum += THREADS.getThreadAllocatedBytes(thread);
        }
        return sum;
    }
}
