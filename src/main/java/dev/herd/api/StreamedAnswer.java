package dev.herd.api;

import com.fasterxml.jackson.databind.ObjectWriter;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.herd.api.openai.ApiException;
import dev.herd.api.openai.ChatCompletionChunk;
import dev.herd.api.openai.ChatCompletionChunk.Choice;
import dev.herd.api.openai.ChatCompletionChunk.Delta;
import dev.herd.api.openai.ChatCompletionChunk.FunctionDelta;
import dev.herd.api.openai.ChatCompletionChunk.ToolCallDelta;
import dev.herd.api.openai.FinishReasonName;
import dev.herd.api.openai.LogProbs;
import dev.herd.api.openai.ModerationReport;
import dev.herd.api.openai.SafetyReport;
import dev.herd.api.openai.Usage;
import java.util.BitSet;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Turns an answer into events as it comes. */
final class StreamedAnswer implements AnswerSink {
    private static final Delta NOTHING = new Delta(null, null, null, null);

    private final AnswerHead head;
    private final EventJson json;
    private final EventStream stream;
    private final Consumer<@Nullable Throwable> onEnd;
    private final BitSet begun = new BitSet();
    private @Nullable ModerationReport moderation; // until it is told

    /** Ends by calling {@code onEnd} with null, or with the error that is still to be sent as an ordinary answer. */
    StreamedAnswer(AnswerHead head, ObjectWriter json, EventStream stream, Consumer<@Nullable Throwable> onEnd) {
        this.head = head;
        this.json = new EventJson(json);
        this.stream = stream;
        this.onEnd = onEnd;
    }

    @Override
    public boolean isFull() {
        return stream.isFull();
    }

    @Override
    public void delta(int choice, String text, List<LogProbs.Item> logProbs) {
        begin(choice);
        LogProbs items = head.wantsLogProbs() ? LogProbs.of(logProbs) : null;
        send(new Choice(choice, new Delta(null, text, null, null), items, null));
    }

    @Override
    public void call(int choice, CallDelta call) {
        begin(choice);
        CallDelta.Begun begun = call.begun();
        ToolCallDelta delta = begun == null
                ? new ToolCallDelta(call.index(), null, null, new FunctionDelta(null, call.arguments()))
                : new ToolCallDelta(
                        call.index(), begun.id(), "function", new FunctionDelta(begun.name(), call.arguments()));
        send(new Choice(choice, new Delta(null, null, null, List.of(delta)), null, null));
    }

    @Override
    public void withheld(int choice, Withheld instead) {
        begin(choice);
        if (instead.isStreamed()) {
            send(new Choice(
                    choice,
                    instead.isRefusal()
                            ? new Delta(null, null, TextNode.valueOf(instead.message()), null)
                            : new Delta(null, instead.message(), null, null),
                    null,
                    null));
        }
    }

    @Override
    public void moderated(ModerationReport report) {
        moderation = report;
    }

    @Override
    public void choiceFinished(int choice, FinishReasonName reason, @Nullable SafetyReport safety) {
        begin(choice);
        send(
                List.of(new Choice(choice, NOTHING, null, reason)),
                head.wantsStreamUsage() ? NullNode.getInstance() : null,
                safety);
    }

    @Override
    public void finished(Usage usage) {
        if (head.wantsStreamUsage()) {
            send(List.of(), usage, null);
        }
        stream.done();
        stream.end();
        onEnd.accept(null);
    }

    @Override
    public void failed(ApiException error) {
        if (!stream.isBegun()) {
            onEnd.accept(error);
            return;
        }
        stream.event(bytes(error.body()));
        stream.end();
        onEnd.accept(null);
    }

    @Override
    public void flush() {
        stream.flush();
    }

    private void begin(int choice) {
        if (!begun.get(choice)) {
            begun.set(choice);
            send(new Choice(choice, new Delta("assistant", "", NullNode.getInstance(), null), null, null));
        }
    }

    private void send(Choice choice) {
        send(List.of(choice), head.wantsStreamUsage() ? NullNode.getInstance() : null, null);
    }

    private void send(List<Choice> choices, @Nullable Object usage, @Nullable SafetyReport safety) {
        stream.event(bytes(new ChatCompletionChunk(
                head.id(),
                "chat.completion.chunk",
                head.created(),
                head.model(),
                choices,
                usage,
                head.serviceTier(),
                head.systemFingerprint(),
                safety,
                moderation)));
        moderation = null;
    }

    private byte[] bytes(Object value) {
        return json.bytes(value);
    }
}
