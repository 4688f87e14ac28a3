package dev.herd.api;

import dev.herd.api.openai.ApiException;
import dev.herd.api.openai.ChatCompletion;
import dev.herd.api.openai.ChatCompletion.Choice;
import dev.herd.api.openai.ChatCompletion.Message;
import dev.herd.api.openai.ChatToolCall;
import dev.herd.api.openai.FinishReasonName;
import dev.herd.api.openai.LogProbs;
import dev.herd.api.openai.ModerationReport;
import dev.herd.api.openai.SafetyReport;
import dev.herd.api.openai.Usage;
import io.smallrye.mutiny.subscription.UniEmitter;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Collects an answer into one body. */
final class WholeAnswer implements AnswerSink {
    private final AnswerHead head;
    private final List<StringBuilder> texts;
    private final List<List<LogProbs.Item>> logProbs;
    private final List<List<Call>> calls;
    private final List<FinishReasonName> reasons;
    private final Map<Integer, Withheld> withheld = new HashMap<>();
    private final UniEmitter<? super ChatCompletion> emitter;
    private @Nullable SafetyReport safety;
    private @Nullable ModerationReport moderation;

    WholeAnswer(AnswerHead head, UniEmitter<? super ChatCompletion> emitter) {
        this.head = head;
        this.emitter = emitter;
        this.texts = IntStream.range(0, head.choiceCount())
                .mapToObj(choice -> new StringBuilder())
                .toList();
        this.logProbs = IntStream.range(0, head.choiceCount())
                .<List<LogProbs.Item>>mapToObj(choice -> new ArrayList<>())
                .toList();
        this.calls = IntStream.range(0, head.choiceCount())
                .<List<Call>>mapToObj(choice -> new ArrayList<>())
                .toList();
        this.reasons = new ArrayList<>(IntStream.range(0, head.choiceCount())
                .mapToObj(choice -> FinishReasonName.LENGTH)
                .toList());
    }

    @Override
    public boolean isFull() {
        return false;
    }

    @Override
    public void delta(int choice, String text, List<LogProbs.Item> items) {
        texts.get(choice).append(text);
        logProbs.get(choice).addAll(items);
    }

    @Override
    public void call(int choice, CallDelta call) {
        if (call.begun() != null) {
            calls.get(choice).add(new Call(call.begun(), new StringBuilder()));
        }
        calls.get(choice).get(call.index()).arguments().append(call.arguments());
    }

    @Override
    public void withheld(int choice, Withheld instead) {
        withheld.put(choice, instead);
        logProbs.get(choice).clear();
    }

    @Override
    public void moderated(ModerationReport report) {
        moderation = report;
    }

    @Override
    public void choiceFinished(int choice, FinishReasonName reason, @Nullable SafetyReport report) {
        reasons.set(choice, reason);
        safety = report == null ? safety : report;
    }

    @Override
    public void finished(Usage usage) {
        List<Choice> choices =
                IntStream.range(0, head.choiceCount()).mapToObj(this::choice).toList();
        emitter.complete(new ChatCompletion(
                head.id(),
                "chat.completion",
                head.created(),
                head.model(),
                choices,
                usage,
                head.serviceTier(),
                head.systemFingerprint(),
                safety,
                moderation));
    }

    @Override
    public void failed(ApiException error) {
        emitter.fail(error);
    }

    @Override
    public void flush() {}

    private Choice choice(int index) {
        return new Choice(
                index,
                message(index),
                head.wantsLogProbs() ? LogProbs.of(logProbs.get(index)) : null,
                reasons.get(index));
    }

    private Message message(int index) {
        Withheld instead = withheld.get(index);
        if (instead != null) {
            return instead.isRefusal() ? Message.refusing(instead.message()) : Message.of(instead.message(), List.of());
        }
        return Message.of(
                texts.get(index).toString(),
                calls.get(index).stream().map(Call::complete).toList());
    }

    /** A call as it grows. */
    private record Call(CallDelta.Begun begun, StringBuilder arguments) {
        ChatToolCall complete() {
            return ChatToolCall.of(begun.id(), begun.name(), arguments.toString());
        }
    }
}
