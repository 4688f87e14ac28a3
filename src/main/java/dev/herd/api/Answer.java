package dev.herd.api;

import dev.herd.api.AnswerRecorder.Outcome;
import dev.herd.api.openai.ApiException;
import dev.herd.api.openai.FinishReasonName;
import dev.herd.api.openai.Usage;
import dev.herd.engine.Engine;
import dev.herd.engine.FinishReason;
import dev.herd.engine.Generation;
import dev.herd.engine.GenerationRequest;
import dev.herd.engine.GenerationStats;
import dev.herd.engine.SampledToken;
import dev.herd.safety.Direction;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * An answer in the making: one generation per choice on the engine's side, a sink on the client's.
 *
 * <p>The engine's thread only puts what happens into a queue. {@link #start} names the executor on which the queue is
 * emptied into the sink, by one thread at a time, and only while the sink is not full; at most {@code maxTokens} per
 * choice can lie in it.
 */
final class Answer {
    private static final Logger LOG = Logger.getLogger(Answer.class);

    private final List<ChoiceText> choices;
    private final PromptCost cost;
    private final AnswerSource source;
    private final AnswerRecorder recorder;
    private final SafetySession safety;
    private final List<Optional<ChoiceGate>> gates;
    private final Map<Integer, Ending> endings = new HashMap<>();
    private final BitSet paused = new BitSet();
    private final Queue<Progress> progress = new ConcurrentLinkedQueue<>();
    private final List<Generation> generations = new CopyOnWriteArrayList<>();
    private final AtomicBoolean isDrainPlanned = new AtomicBoolean();
    private final AtomicReference<@Nullable Outlet> outlet = new AtomicReference<>();
    private volatile boolean isCancelled;
    private boolean isOver;
    private int finishedChoices;
    private int endedGenerations;
    private int cachedTokens;

    private Answer(List<ChoiceText> choices, PromptCost cost, AnswerRecorder recorder, SafetySession safety) {
        this.choices = choices;
        this.cost = cost;
        this.source = new AnswerSource(choices.size(), cost.whenComputed(), recorder, this::add);
        this.recorder = recorder;
        this.safety = safety;
        this.gates = IntStream.range(0, choices.size())
                .mapToObj(choice -> safety.gate(choice, () -> add(new Progress.News(choice))))
                .toList();
    }

    /**
     * Hands the requests, one per choice, to the engine. If one is refused, all are withdrawn and the refusal is thrown.
     *
     * @param cost what all different prompts take together
     * @param safety judges what may be shown
     */
    static Answer submit(
            Engine engine,
            List<GenerationRequest> requests,
            List<ChoiceText> choices,
            PromptCost cost,
            AnswerRecorder recorder,
            SafetySession safety) {
        Answer answer = new Answer(choices, cost, recorder, safety);
        try {
            for (int choice = 0; choice < requests.size(); choice++) {
                GenerationRequest request = requests.get(choice);
                answer.generations.add(engine.submit(request, answer.source.listener(choice, request)));
            }
        } catch (RuntimeException refused) {
            answer.cancel();
            answer.source.withdraw();
            throw refused;
        }
        return answer;
    }

    /** The answer to a request that must not go to the model: each choice says so and nothing else. */
    static Answer refusing(int choices, AnswerRecorder recorder, SafetySession safety) {
        Answer answer = new Answer(List.of(), new PromptCost(0, 0, generated -> {}), recorder, safety);
        answer.progress.add(new Progress.Refusal(choices));
        return answer;
    }

    /** How the request stands with its policy. */
    SafetySession safety() {
        return safety;
    }

    /** Lets the answer flow into {@code sink}; once only. Does nothing if it was {@linkplain #abandon abandoned}. */
    void start(Executor executor, AnswerSink sink) {
        if (!outlet.compareAndSet(null, new Outlet(executor, sink)) && !isCancelled) {
            throw new IllegalStateException("the answer has been started");
        }
        plan();
    }

    /** The client is gone: ends all generations; the sink hears nothing more. Harmless at any time and repeated. */
    void cancel() {
        isCancelled = true;
        generations.forEach(Generation::cancel);
        plan(); // what waits for a sink that was full is recorded
    }

    /** Cancels, and sees to it that what was decided is recorded also if nobody comes any more to start the answer. */
    void abandon(Executor executor) {
        cancel();
        if (outlet.compareAndSet(null, new Outlet(executor, new NoSink()))) {
            plan();
        }
    }

    /** Whether the client is gone. */
    boolean isCancelled() {
        return isCancelled;
    }

    /** Empties the queue into the sink soon; called when something has come and when the sink has room again. */
    void plan() {
        Outlet current = outlet.get();
        if (current != null && isDrainPlanned.compareAndSet(false, true)) {
            current.executor().execute(() -> drain(current.sink()));
        }
    }

    private void drain(AnswerSink sink) {
        isDrainPlanned.set(false);
        while (!sink.isFull()) {
            Progress next = progress.poll();
            if (next == null) {
                break;
            }
            handle(next, sink);
        }
        if (!isCancelled) {
            sink.flush();
        }
    }

    private void handle(Progress next, AnswerSink sink) {
        switch (next) {
            case Progress.Token(int choice, SampledToken token, boolean isStopToken) -> {
                if (!isCancelled && !isOver) {
                    accept(choice, token, isStopToken, sink);
                }
            }
            case Progress.Scores(int choice, List<SampledToken> scores) -> {
                if (!isCancelled && !isOver) {
                    sink.scored(choice, choices.get(choice).items(scores));
                }
            }
            case Progress.Finish(int choice, FinishReason reason, GenerationStats stats) ->
                finish(choice, reason, stats, sink);
            case Progress.News(int choice) -> {
                if (!isCancelled && !isOver) {
                    gates.get(choice).ifPresent(gate -> {
                        gate.woken();
                        show(choice, gate.advance(), sink);
                        watch(choice, gate);
                    });
                    conclude(choice, sink);
                }
            }
            case Progress.Refusal(int count) -> refuse(count, sink);
            case Progress.Failure(Throwable failure) -> {
                endGeneration();
                recorder.failed();
                LOG.error("the engine failed a request", failure);
                fail(ApiException.internal(), sink);
            }
        }
    }

    private void accept(int choice, SampledToken token, boolean isStopToken, AnswerSink sink) {
        ChoiceText text = choices.get(choice);
        boolean wasStopped = text.isStopped();
        ChoiceText.Delta delta = isStopToken ? text.acceptStopToken(token) : text.accept(token);
        Optional<ChoiceGate> gate = gates.get(choice);
        if (gate.isEmpty()) {
            show(choice, delta, sink);
        } else {
            show(choice, gate.get().pass(delta), sink);
            watch(choice, gate.get());
        }
        if (text.isStopped() && !wasStopped) {
            generations.get(choice).cancel();
        }
    }

    /** Ends the generation of what must not be shown at once, lets none run away, and has a guard asked in time. */
    private void watch(int choice, ChoiceGate gate) {
        if (gate.isAhead() != paused.get(choice)) {
            paused.flip(choice);
            if (paused.get(choice)) {
                generations.get(choice).pause();
            } else {
                generations.get(choice).resume();
            }
        }
        if (gate.isBlocked()) {
            generations.get(choice).cancel();
        } else if (gate.wantsWaking()) {
            CompletableFuture.delayedExecutor(gate.delay().toMillis(), TimeUnit.MILLISECONDS)
                    .execute(() -> add(new Progress.News(choice)));
        }
    }

    private void finish(int choice, FinishReason reason, GenerationStats stats, AnswerSink sink) {
        ChoiceText text = choices.get(choice);
        boolean isBlocked = gates.get(choice).map(ChoiceGate::isBlocked).orElse(false);
        boolean isComplete = reason != FinishReason.CANCELLED || text.isStopped() || isBlocked;
        recorder.finished(outcome(reason, text), stats);
        endGeneration();
        if (isCancelled || isOver) {
            return;
        }
        if (!isComplete) {
            fail(ApiException.shuttingDown(), sink);
            return;
        }
        cachedTokens = choice == 0 ? stats.cachedTokens() : cachedTokens;
        endings.put(choice, new Ending(reason));
        ChoiceText.Delta last = text.finish();
        gates.get(choice)
                .ifPresentOrElse(
                        gate -> {
                            show(choice, gate.pass(last), sink);
                            show(choice, gate.finish(), sink);
                        },
                        () -> show(choice, last, sink));
        conclude(choice, sink);
    }

    /** Ends a choice whose generation has ended, unless a guard has still to say something about it. */
    private void conclude(int choice, AnswerSink sink) {
        Ending ending = endings.get(choice);
        Optional<ChoiceGate> gate = gates.get(choice);
        boolean isUnsettled = gate.isPresent() && !gate.get().isSettled();
        if (ending == null || isUnsettled) {
            return;
        }
        endings.remove(choice);
        finishedChoices++;
        boolean isBlocked = gate.isPresent() && gate.get().isBlocked();
        boolean isLast = finishedChoices == choices.size();
        if (isLast) {
            safety.end();
        }
        if (isBlocked) {
            sink.withheld(choice, safety.withheld(Direction.OUTPUT));
        }
        sink.choiceFinished(
                choice,
                isBlocked ? FinishReasonName.CONTENT_FILTER : name(ending.reason(), choices.get(choice)),
                isLast || isBlocked ? safety.report() : null);
        if (isLast) {
            isOver = true;
            int completionTokens =
                    choices.stream().mapToInt(ChoiceText::tokenCount).sum();
            sink.finished(Usage.of(cost.tokens(), cachedTokens, cost.imageTokens(), completionTokens));
        }
    }

    private void refuse(int count, AnswerSink sink) {
        if (isCancelled || isOver) {
            return;
        }
        isOver = true;
        for (int choice = 0; choice < count; choice++) {
            sink.withheld(choice, safety.withheld(Direction.INPUT));
            sink.choiceFinished(choice, FinishReasonName.CONTENT_FILTER, choice == count - 1 ? safety.report() : null);
        }
        sink.finished(Usage.of(0, 0, 0, 0));
    }

    /** What was decided is recorded also if nobody waits for the answer any more. */
    private void endGeneration() {
        endedGenerations++;
        recordIfOver();
    }

    private void recordIfOver() {
        if (endedGenerations == choices.size() && (isCancelled || isOver)) {
            safety.end();
        }
    }

    private static FinishReasonName name(FinishReason reason, ChoiceText text) {
        if (!text.isStopped() && reason != FinishReason.STOP) {
            return FinishReasonName.LENGTH;
        }
        return text.hasCalls() ? FinishReasonName.TOOL_CALLS : FinishReasonName.STOP;
    }

    private static Outcome outcome(FinishReason reason, ChoiceText text) {
        if (text.isStopped()) {
            return Outcome.STOP;
        }
        return switch (reason) {
            case STOP -> Outcome.STOP;
            case LENGTH -> Outcome.LENGTH;
            case CANCELLED -> Outcome.CANCELLED;
        };
    }

    private void fail(ApiException error, AnswerSink sink) {
        if (!isOver && !isCancelled) {
            isOver = true;
            sink.failed(error);
        }
        generations.forEach(Generation::cancel);
        recordIfOver();
    }

    private static void show(int choice, ChoiceText.Delta delta, AnswerSink sink) {
        if (!delta.text().isEmpty() || !delta.logProbs().isEmpty()) {
            sink.delta(choice, delta.text(), delta.logProbs());
        }
        delta.calls().forEach(call -> sink.call(choice, call));
    }

    /**
     * What prompts take.
     *
     * @param tokens all of them
     * @param imageTokens those of pictures
     * @param whenComputed gets, maybe twice, the number of generated tokens when the engine needs nothing of the prompts
     *     any more
     */
    record PromptCost(int tokens, int imageTokens, IntConsumer whenComputed) {
        /** The same with something more to be told. */
        PromptCost andThen(IntConsumer more) {
            return new PromptCost(tokens, imageTokens, whenComputed.andThen(more));
        }
    }

    private void add(Progress next) {
        progress.add(next);
        plan();
    }

    private record Ending(FinishReason reason) {}

    private record Outlet(Executor executor, AnswerSink sink) {}
}
