package dev.herd.engine;

import dev.herd.kernels.device.DeviceLostException;
import dev.herd.kernels.device.Logits;
import dev.herd.model.Batch;
import dev.herd.weights.ModelConfig;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The loop that turns requests into tokens: many sequences share each step of one model, and join and leave between
 * steps. {@link #step} is the loop's body.
 *
 * <p>One thread owns sequences and blocks: the one that {@link #start} makes or, without it, the one that calls
 * {@link #step}. All others hand over through one mailbox, so {@link #submit}, {@link Generation#cancel} and
 * {@link #status} may be called from any thread. Listeners are called on the owning thread and must not call
 * {@link #step}, {@link #drain} or {@link #close}.
 */
public final class Engine implements AutoCloseable {
    /*
     * Every accepted request ends in exactly one call of onFinish or onFailure, whatever happens: a step that fails takes
     * its own sequences with it and no other, a listener that throws only its own, and if the engine itself breaks, all
     * are told and the door closes. A request takes its place in the ledger before it lies in the mailbox, and the loop
     * ends only when all places are free, so none is forgotten between the two.
     */
    private static final System.Logger LOG = System.getLogger(Engine.class.getName());
    private static final Duration GLANCE = Duration.ofMillis(20);

    private final ModelRunner runner;
    private final EngineConfig config;
    private final LongSupplier nanoTime;
    private final int vocabularySize;
    private final RequestCheck requestCheck;
    private final BlockManager blocks;
    private final Scheduler scheduler;
    private final ImageStage images;
    private final Samplers samplers;
    private final Ledger ledger;
    private final Mailbox mailbox = new Mailbox(this::wake);
    private final AtomicReference<@Nullable Thread> thread = new AtomicReference<>();
    private boolean isStepping;

    /**
     * An engine that does nothing before {@link #start} or {@link #step}.
     *
     * @param runner used by the owning thread only; not closed with the engine
     * @param nanoTime a clock that never goes back, in nanoseconds, as {@link System#nanoTime}
     * @throws IllegalArgumentException if the runner's blocks cannot hold one sequence of full length, or its batches
     *     not one token of each running sequence
     */
    public Engine(ModelRunner runner, EngineConfig config, LongSupplier nanoTime) {
        ModelConfig model = runner.config();
        this.runner = runner;
        this.config = config;
        this.nanoTime = nanoTime;
        this.vocabularySize = model.vocabularySize();
        this.requestCheck = new RequestCheck(config.contextLength(), vocabularySize, runner.vision());
        this.blocks = new BlockManager(runner.kvLayout(), model, runner.blockCount());
        requireRoom(runner, config, blocks);
        this.scheduler = new Scheduler(blocks, config.maxRunning(), runner.maxBatchTokens(), config.prefillSlice());
        this.images = new ImageStage(runner, config.imageCacheBytes());
        this.samplers = new Samplers(vocabularySize);
        this.ledger = new Ledger(Math.addExact(config.maxRunning(), config.maxQueued()));
    }

    /**
     * Accepts a request. Its answer ends at a stop token, after {@code maxTokens} tokens, or where the context ends.
     *
     * @throws IllegalArgumentException if a value is out of range; the message names it
     * @throws ContextLengthException if the prompt leaves no room for an answer
     * @throws QueueFullException if {@code maxRunning + maxQueued} requests are in flight
     * @throws EngineClosedException if the engine is draining or closed
     */
    public Generation submit(GenerationRequest request, GenerationListener listener) {
        requestCheck.check(request);
        Sequence sequence =
                new Sequence(request, listener, config.contextLength(), vocabularySize, nanoTime.getAsLong());
        ledger.enter();
        return mailbox.submit(sequence);
    }

    /**
     * Computes one batch: takes in what has arrived, encodes some tiles of pictures, decides what to compute, runs the
     * model, chooses tokens, hands them out.
     *
     * @return false if there was nothing to compute
     * @throws IllegalStateException if another thread or a listener of this one drives the engine
     */
    public boolean step() {
        enterStep();
        try {
            receive();
            scheduler.admit();
            boolean hasEncoded = images.advance(scheduler.running(), this::fail);
            List<Sequence> scheduled = schedule();
            if (scheduled.isEmpty()) {
                return hasEncoded;
            }
            try {
                Logits logits = runner.start(batch(scheduled));
                List<Choice> choices = samplers.sample(scheduled, logits);
                handOut(scheduled, choices, logits);
            } catch (Throwable failure) {
                LOG.log(Level.ERROR, "a step with " + scheduled.size() + " requests failed", failure);
                scheduled.forEach(sequence -> fail(sequence, failure));
                if (failure instanceof DeviceLostException lost) {
                    throw lost; // no later step can succeed
                }
            }
            return true;
        } finally {
            isStepping = false;
        }
    }

    /** Lets a thread of its own, named herd-engine, drive the engine; it sleeps while there is nothing to compute. */
    public void start() {
        start(() -> {});
    }

    /** The same; {@code whenBroken} runs on that thread if the engine has to end because nothing can be computed any more. */
    public void start(Runnable whenBroken) {
        Thread driver = Thread.ofPlatform().name("herd-engine").daemon().unstarted(() -> drive(whenBroken));
        if (!thread.compareAndSet(null, driver)) {
            throw new IllegalStateException("the engine has been started");
        }
        driver.start();
    }

    /**
     * Takes no more requests, lets those in flight finish, cancels what is left after {@code grace}, and closes the
     * engine. An interrupt ends the grace. Without {@link #start}, the caller drives the remaining steps.
     *
     * @return whether nothing had to be cancelled
     */
    public boolean drain(Duration grace) {
        refuseListeners();
        long graceNanos = TimeUnit.NANOSECONDS.convert(grace);
        long start = nanoTime.getAsLong();
        ledger.advance(Ledger.Phase.DRAINING);
        wake();
        Thread driver = thread.get();
        while (!ledger.isOver()
                && nanoTime.getAsLong() - start < graceNanos
                && !Thread.currentThread().isInterrupted()) {
            if (driver == null) {
                step();
            } else {
                glance(driver);
            }
        }
        boolean isEmpty = ledger.isEmpty();
        close();
        return isEmpty;
    }

    /** Takes no more requests, cancels those in flight and waits until their listeners have been told. */
    @Override
    public void close() {
        refuseListeners();
        ledger.advance(Ledger.Phase.CANCELLING);
        wake();
        Thread driver = thread.get();
        if (driver != null) {
            join(driver);
            return;
        }
        while (!ledger.isOver()) {
            step();
        }
    }

    /** What the engine is doing and has done; cheap enough to be asked at any time. */
    public EngineStatus status() {
        return ledger.status(blocks.blockCount(), images.status());
    }

    private void drive(Runnable whenBroken) {
        while (!ledger.isOver()) {
            try {
                if (!step() && mailbox.isEmpty() && !ledger.isOver()) {
                    LockSupport.park(this);
                    Thread.interrupted(); // nobody's message: would turn the next park into a spin
                }
            } catch (Throwable broken) {
                abandon(broken);
                whenBroken.run();
            }
        }
    }

    private void receive() {
        for (Mailbox.Message message = mailbox.poll(); message != null; message = mailbox.poll()) {
            switch (message) {
                case Mailbox.Message.Submission(Sequence sequence) -> scheduler.add(sequence);
                case Mailbox.Message.Cancellation(Sequence sequence) -> cancel(sequence);
                case Mailbox.Message.Pause(Sequence sequence, boolean isPaused) -> sequence.setPaused(isPaused);
            }
        }
        if (ledger.isCancelling()) {
            scheduler.sequences().forEach(this::cancel);
        }
    }

    private List<Sequence> schedule() {
        List<Sequence> scheduled = scheduler.schedule(nanoTime.getAsLong());
        ledger.observe(scheduler.runningCount(), blocks);
        return scheduled;
    }

    private static Batch batch(List<Sequence> scheduled) {
        List<Batch.Slice> slices = new ArrayList<>(scheduled.size());
        for (Sequence sequence : scheduled) {
            slices.add(sequence.slice());
        }
        return new Batch(slices);
    }

    private void handOut(List<Sequence> scheduled, List<Choice> choices, Logits logits) {
        long now = nanoTime.getAsLong();
        int row = 0;
        for (int i = 0; i < scheduled.size(); i++) {
            Sequence sequence = scheduled.get(i);
            int rows = sequence.logitRows();
            try {
                if (sequence.scoresPrompt()) {
                    sequence.listener().onPromptScores(samplers.scores(logits, row, sequence));
                }
                handOut(sequence, choices.get(i), now);
            } catch (Throwable broken) {
                LOG.log(Level.WARNING, "what a step brought could not be handed out; the request ends", broken);
                fail(sequence, broken);
            }
            row += rows;
        }
        ledger.observe(scheduler.runningCount(), blocks);
    }

    private void handOut(Sequence sequence, Choice choice, long now) {
        GenerationListener listener = sequence.listener();
        int promptTokens = sequence.promptTokens();
        int before = sequence.cachedTokens();
        scheduler.advance(sequence);
        int computed = Math.min(sequence.cachedTokens(), promptTokens) - Math.min(before, promptTokens);
        ledger.compute(computed, choice instanceof Choice.Token ? 1 : 0);
        if (computed > 0) {
            listener.onPrefill(before + computed, promptTokens);
        }
        switch (choice) {
            case Choice.None none -> {}
            case Choice.Failure(RuntimeException cause) -> fail(sequence, cause);
            case Choice.Token(SampledToken token) -> {
                sequence.append(token.id(), now);
                listener.onToken(token);
                if (sequence.stopsAt(token.id()) || sequence.restriction().isComplete()) {
                    finish(sequence, FinishReason.STOP);
                } else if (sequence.isFull()) {
                    finish(sequence, FinishReason.LENGTH);
                }
            }
        }
    }

    private void cancel(Sequence sequence) {
        if (sequence.state() != Sequence.State.FINISHED) {
            finish(sequence, FinishReason.CANCELLED);
        }
    }

    private void finish(Sequence sequence, FinishReason reason) {
        long now = nanoTime.getAsLong();
        scheduler.remove(sequence);
        ledger.observe(scheduler.runningCount(), blocks);
        ledger.share(sequence.sharedTokens());
        ledger.finish(reason, sequence.runNanos(now));
        try {
            sequence.listener().onFinish(reason, sequence.stats(now));
        } catch (Throwable broken) {
            LOG.log(Level.WARNING, "a listener threw in onFinish", broken);
        }
    }

    private void fail(Sequence sequence, Throwable cause) {
        if (sequence.state() == Sequence.State.FINISHED) {
            return;
        }
        scheduler.remove(sequence);
        ledger.observe(scheduler.runningCount(), blocks);
        ledger.fail();
        tellFailure(sequence, cause);
    }

    /** Ends everything without a look at the scheduler's books, which may be what is broken. */
    private void abandon(Throwable cause) {
        LOG.log(Level.ERROR, "the engine is broken and ends", cause);
        ledger.advance(Ledger.Phase.CANCELLING);
        List<Sequence> abandoned = scheduler.abandon();
        ledger.observe(scheduler.runningCount(), blocks);
        for (Sequence sequence : abandoned) {
            ledger.fail();
            tellFailure(sequence, cause);
        }
    }

    private static void tellFailure(Sequence sequence, Throwable cause) {
        try {
            sequence.listener().onFailure(cause);
        } catch (Throwable broken) {
            LOG.log(Level.WARNING, "a listener threw in onFailure", broken);
        }
    }

    private void wake() {
        LockSupport.unpark(thread.get());
    }

    private void enterStep() {
        Thread driver = thread.get();
        if (driver != null && driver != Thread.currentThread()) {
            throw new IllegalStateException("the engine is driven by its own thread");
        }
        if (isStepping) {
            throw new IllegalStateException("a listener must not drive the engine");
        }
        isStepping = true;
    }

    private void refuseListeners() {
        Thread driver = thread.get();
        if (driver == Thread.currentThread() || (driver == null && isStepping)) {
            throw new IllegalStateException("a listener must not drive or close the engine");
        }
    }

    /** Waits for the end of {@code driver}, but a little only; an interrupt stays set. */
    private static void glance(Thread driver) {
        try {
            driver.join(GLANCE);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private static void join(Thread driver) {
        boolean isInterrupted = false;
        while (driver.isAlive()) {
            try {
                driver.join();
            } catch (InterruptedException interrupted) {
                isInterrupted = true;
            }
        }
        if (isInterrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private static void requireRoom(ModelRunner runner, EngineConfig config, BlockManager blocks) {
        long required = blocks.required(config.contextLength() - 1);
        if (required > blocks.blockCount()) {
            throw new IllegalArgumentException("one request of the full context of " + config.contextLength()
                    + " tokens needs " + required + " key/value blocks of "
                    + runner.kvLayout().blockBytes() + " bytes, but the memory allows " + blocks.blockCount()
                    + ": lower the context or raise the memory");
        }
        if (config.maxRunning() > runner.maxBatchTokens()) {
            throw new IllegalArgumentException("maxRunning is " + config.maxRunning() + ", but one batch holds at most "
                    + runner.maxBatchTokens() + " tokens, one of each request");
        }
    }
}
