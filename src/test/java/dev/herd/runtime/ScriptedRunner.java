package dev.herd.runtime;

import dev.herd.engine.CpuModelRunner.Limits;
import dev.herd.engine.ModelRunner;
import dev.herd.kernels.Floats;
import dev.herd.model.Batch;
import dev.herd.model.Batch.Slice;
import dev.herd.model.BlockTable;
import dev.herd.model.KvLayout;
import dev.herd.weights.ModelConfig;
import java.util.IdentityHashMap;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** A model without weights that says what the test wants, when the test lets it. */
public final class ScriptedRunner implements ModelRunner {
    private static final float CERTAIN = 30;
    private static final int FREE = 1_000_000;

    private final ModelConfig config;
    private final KvLayout layout;
    private final Limits limits;
    private final IdentityHashMap<BlockTable, Integer> said = new IdentityHashMap<>();
    private final Semaphore steps = new Semaphore(FREE);
    private final AtomicReference<@Nullable RuntimeException> failure = new AtomicReference<>();
    private final IdentityHashMap<BlockTable, int[]> scripts = new IdentityHashMap<>();
    private final Queue<int[]> next = new ConcurrentLinkedQueue<>();
    private volatile int[] script = {};

    ScriptedRunner(ModelConfig config, Limits limits) {
        this.config = config;
        this.limits = limits;
        this.layout = KvLayout.of(config, limits.blockSize(), limits.kvType());
    }

    /** Every sequence says these tokens from now on; the last one for ever. */
    public void say(int... tokens) {
        next.clear();
        script = tokens.clone();
    }

    /** The next sequence that begins says these tokens, the last one for ever; those after it what was said before. */
    public void sayNext(int... tokens) {
        next.add(tokens.clone());
    }

    /** Lets no step pass from now on. */
    public void hold() {
        steps.drainPermits();
    }

    /** Lets {@code count} more steps pass. */
    public void allow(int count) {
        steps.release(count);
    }

    /** Lets all steps pass again. */
    public void release() {
        steps.drainPermits();
        steps.release(FREE);
    }

    /** The next step fails. */
    public void failNext(RuntimeException with) {
        failure.set(with);
    }

    @Override
    public ModelConfig config() {
        return config;
    }

    @Override
    public KvLayout kvLayout() {
        return layout;
    }

    @Override
    public int blockCount() {
        return Math.toIntExact(limits.kvBytes() / layout.blockBytes());
    }

    @Override
    public int maxBatchTokens() {
        return limits.maxBatchTokens();
    }

    @Override
    public Floats run(Batch batch) {
        steps.acquireUninterruptibly();
        RuntimeException planned = failure.getAndSet(null);
        if (planned != null) {
            throw planned;
        }
        float[] logits = new float[batch.logitRows() * config.vocabularySize()];
        int row = 0;
        for (Slice slice : batch.slices()) {
            if (slice.firstPosition() == 0) {
                said.put(slice.blocks(), 0);
            }
            int[] own = scripts.computeIfAbsent(slice.blocks(), begun -> next.isEmpty() ? script : next.remove());
            if (slice.logitRows() > 0) {
                int index = said.merge(slice.blocks(), 1, Integer::sum) - 1;
                row += slice.logitRows();
                logits[(row - 1) * config.vocabularySize() + own[Math.min(index, own.length - 1)]] = CERTAIN;
            }
        }
        return Floats.copyOf(logits);
    }

    @Override
    public String description() {
        return "scripted";
    }

    @Override
    public void close() {
        release();
    }
}
