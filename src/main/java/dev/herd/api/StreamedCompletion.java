package dev.herd.api;

import com.fasterxml.jackson.databind.ObjectWriter;
import com.fasterxml.jackson.databind.node.NullNode;
import dev.herd.api.openai.ApiException;
import dev.herd.api.openai.Completion;
import dev.herd.api.openai.FinishReasonName;
import dev.herd.api.openai.LogProbs;
import dev.herd.api.openai.SafetyReport;
import dev.herd.api.openai.ScoreColumns;
import dev.herd.api.openai.Usage;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Turns a completion into events as it comes. */
final class StreamedCompletion implements AnswerSink {
    private final CompletionHead head;
    private final EventJson json;
    private final EventStream stream;
    private final Consumer<@Nullable Throwable> onEnd;
    private final List<ScoreColumns> columns;
    private final List<List<LogProbs.Item>> echoed;
    private final BitSet begun = new BitSet();

    StreamedCompletion(
            CompletionHead head, ObjectWriter json, EventStream stream, Consumer<@Nullable Throwable> onEnd) {
        this.head = head;
        this.json = new EventJson(json);
        this.stream = stream;
        this.onEnd = onEnd;
        this.columns = head.columns();
        this.echoed = head.echoes().stream()
                .<List<LogProbs.Item>>map(echo -> new ArrayList<>(echo.unscored()))
                .toList();
    }

    @Override
    public boolean isFull() {
        return stream.isFull();
    }

    @Override
    public void delta(int choice, String text, List<LogProbs.Item> items) {
        begin(choice);
        send(choice, text, items, null, null);
    }

    @Override
    public void scored(int choice, List<LogProbs.Item> prompt) {
        echoed.get(choice).addAll(prompt);
    }

    @Override
    public void withheld(int choice, Withheld instead) {
        begin(choice);
        if (instead.isStreamed()) {
            send(choice, instead.message(), List.of(), null, null);
        }
    }

    @Override
    public void choiceFinished(int choice, FinishReasonName reason, @Nullable SafetyReport safety) {
        begin(choice);
        send(choice, "", List.of(), reason, safety);
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
        stream.event(json.bytes(error.body()));
        stream.end();
        onEnd.accept(null);
    }

    @Override
    public void flush() {
        stream.flush();
    }

    private void begin(int choice) {
        String echo = head.echoes().get(choice).text();
        if (!begun.get(choice)) {
            begun.set(choice);
            if (!echo.isEmpty()) {
                send(choice, echo, echoed.get(choice), null, null);
            }
        }
    }

    private void send(
            int choice,
            String text,
            List<LogProbs.Item> items,
            @Nullable FinishReasonName reason,
            @Nullable SafetyReport safety) {
        Completion.TokenScores scores =
                head.wantsLogProbs() && reason == null ? columns.get(choice).next(items) : null;
        send(
                List.of(new Completion.Choice(choice, text, scores, reason)),
                head.wantsStreamUsage() ? NullNode.getInstance() : null,
                safety);
    }

    private void send(List<Completion.Choice> choices, @Nullable Object usage, @Nullable SafetyReport safety) {
        stream.event(json.bytes(Completion.of(head.id(), head.created(), head.model(), choices, usage, safety)));
    }
}
