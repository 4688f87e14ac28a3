package dev.herd.api;

import dev.herd.api.openai.ApiException;
import dev.herd.api.openai.FinishReasonName;
import dev.herd.api.openai.LogProbs;
import dev.herd.api.openai.SafetyReport;
import dev.herd.api.openai.Usage;
import io.vertx.core.Vertx;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Puts the guard that a request has named before another sink: choices end when it has spoken, and begin only then if it may
 * hold them back. Used on the response's event loop; the guard is waited for elsewhere.
 */
final class ModeratedSink implements AnswerSink {
    private static final Withheld WITHHELD =
            new Withheld("The answer was held back because it was judged to be unsafe.", true, true);

    private final AnswerSink sink;
    private final ChatModeration moderation;
    private final BooleanSupplier isCancelled;
    private final Map<Integer, Choice> choices = new TreeMap<>();

    /** @param isCancelled whether the client has gone, so that {@code sink} must hear nothing more */
    ModeratedSink(AnswerSink sink, ChatModeration moderation, BooleanSupplier isCancelled) {
        this.sink = sink;
        this.moderation = moderation;
        this.isCancelled = isCancelled;
    }

    /** What is known of a choice. */
    private static final class Choice {
        private final StringBuilder text = new StringBuilder();
        private final List<Consumer<AnswerSink>> held = new ArrayList<>();
        private @Nullable FinishReasonName reason;
        private @Nullable SafetyReport safety;
    }

    private Choice of(int choice) {
        return choices.computeIfAbsent(choice, index -> new Choice());
    }

    private void pass(int choice, Consumer<AnswerSink> step) {
        if (moderation.mayWithhold()) {
            of(choice).held.add(step);
        } else {
            step.accept(sink);
        }
    }

    @Override
    public boolean isFull() {
        return sink.isFull();
    }

    @Override
    public void delta(int choice, String text, List<LogProbs.Item> logProbs) {
        of(choice).text.append(text);
        pass(choice, next -> next.delta(choice, text, logProbs));
    }

    @Override
    public void call(int choice, CallDelta call) {
        if (call.begun() != null) {
            of(choice).text.append('\n').append(call.begun().name()).append(' ');
        }
        of(choice).text.append(call.arguments());
        pass(choice, next -> next.call(choice, call));
    }

    /** What the policy has said in the answer's place is not the model's. */
    @Override
    public void withheld(int choice, Withheld instead) {
        of(choice).text.setLength(0);
        pass(choice, next -> next.withheld(choice, instead));
    }

    @Override
    public void choiceFinished(int choice, FinishReasonName reason, @Nullable SafetyReport report) {
        of(choice).reason = reason;
        of(choice).safety = report;
    }

    @Override
    public void finished(Usage usage) {
        List<String> texts =
                choices.values().stream().map(choice -> choice.text.toString()).toList();
        Objects.requireNonNull(Vertx.currentContext(), "sinks are used on event loops")
                .executeBlocking(() -> moderation.judge(texts), false)
                .onComplete(judged -> {
                    if (!isCancelled.getAsBoolean()) {
                        if (judged.succeeded()) {
                            finish(usage, judged.result());
                        } else {
                            sink.failed(judged.cause() instanceof ApiException told ? told : ApiException.internal());
                        }
                        sink.flush();
                    }
                });
    }

    private void finish(Usage usage, ChatModeration.Judgement judgement) {
        int left = choices.size();
        for (Map.Entry<Integer, Choice> entry : choices.entrySet()) {
            int index = entry.getKey();
            Choice choice = entry.getValue();
            boolean isWithheld = judgement.withheld().contains(choices.size() - left);
            if (isWithheld) {
                sink.withheld(index, WITHHELD);
            } else {
                choice.held.forEach(step -> step.accept(sink));
            }
            if (--left == 0) {
                sink.moderated(judgement.report());
            }
            FinishReasonName reason = Objects.requireNonNull(choice.reason);
            sink.choiceFinished(index, isWithheld ? FinishReasonName.CONTENT_FILTER : reason, choice.safety);
        }
        sink.finished(usage);
    }

    @Override
    public void failed(ApiException error) {
        sink.failed(error);
    }

    @Override
    public void flush() {
        sink.flush();
    }
}
