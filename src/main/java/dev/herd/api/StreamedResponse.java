package dev.herd.api;

import com.fasterxml.jackson.databind.ObjectWriter;
import dev.herd.api.ResponseDraft.Item;
import dev.herd.api.openai.ApiException;
import dev.herd.api.openai.FinishReasonName;
import dev.herd.api.openai.LogProbs;
import dev.herd.api.openai.ModerationReport;
import dev.herd.api.openai.ResponseEvent;
import dev.herd.api.openai.ResponseItem.ResponsePart;
import dev.herd.api.openai.ResponseObject;
import dev.herd.api.openai.ResponseOutput;
import dev.herd.api.openai.SafetyReport;
import dev.herd.api.openai.Usage;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Turns a response into named events as it comes. */
final class StreamedResponse implements AnswerSink {
    private static final String ADDED = "response.output_item.added";

    private final ResponseDraft draft;
    private final Consumer<ResponseObject> onComplete;
    private final EventJson json;
    private final EventStream stream;
    private final Consumer<@Nullable Throwable> onEnd;
    private FinishReasonName reason = FinishReasonName.LENGTH;
    private @Nullable SafetyReport safety;
    private boolean isBegun;
    private int number;

    /** {@code onComplete} hears of the response before the client does. */
    StreamedResponse(
            ResponseDraft draft,
            Consumer<ResponseObject> onComplete,
            ObjectWriter json,
            EventStream stream,
            Consumer<@Nullable Throwable> onEnd) {
        this.draft = draft;
        this.onComplete = onComplete;
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
        begin();
        if (text.isEmpty()) {
            return;
        }
        Item message = draft.last().filter(item -> item.call() == null).orElseGet(this::openMessage);
        message.text().append(text);
        send(ResponseEvent.textDelta(number, draft.lastIndex(), message.id(), text));
    }

    @Override
    public void call(int choice, CallDelta call) {
        begin();
        CallDelta.Begun begun = call.begun();
        Item item = begun == null ? draft.last().orElseThrow() : openCall(begun);
        if (!call.arguments().isEmpty()) {
            item.text().append(call.arguments());
            send(ResponseEvent.argumentsDelta(number, draft.lastIndex(), item.id(), call.arguments()));
        }
    }

    @Override
    public void withheld(int choice, Withheld instead) {
        begin();
        if (instead.isStreamed() && instead.isRefusal()) {
            openRefusal(instead.message());
        } else if (instead.isStreamed()) {
            delta(choice, instead.message(), List.of());
        }
    }

    private void openRefusal(String text) {
        closeLast("incomplete");
        Item item = draft.addRefusal(text);
        int index = draft.lastIndex();
        send(ResponseEvent.of(ADDED, number, index, ResponseOutput.message(item.id(), "in_progress", List.of())));
        send(ResponseEvent.of("response.content_part.added", number, index, item.id(), ResponsePart.refusing("")));
        send(ResponseEvent.refusal(true, number, index, item.id(), text));
    }

    @Override
    public void choiceFinished(int choice, FinishReasonName why, @Nullable SafetyReport report) {
        begin();
        reason = why;
        safety = report;
        if (draft.last().isEmpty()) {
            openMessage();
        }
        boolean isCut = why == FinishReasonName.LENGTH || why == FinishReasonName.CONTENT_FILTER;
        closeLast(isCut ? "incomplete" : "completed");
    }

    @Override
    public void moderated(ModerationReport report) {
        draft.moderated(report);
    }

    @Override
    public void finished(Usage usage) {
        ResponseObject response = draft.finished(reason, usage, safety);
        onComplete.accept(response);
        send(ResponseEvent.of("response." + response.status(), number, response));
        stream.end();
        onEnd.accept(null);
    }

    @Override
    public void failed(ApiException error) {
        if (!stream.isBegun()) {
            onEnd.accept(error);
            return;
        }
        send(ResponseEvent.of("response.failed", number, draft.failed(error)));
        stream.end();
        onEnd.accept(null);
    }

    @Override
    public void flush() {
        stream.flush();
    }

    private void begin() {
        if (isBegun) {
            return;
        }
        isBegun = true;
        send(ResponseEvent.of("response.created", number, draft.state("in_progress")));
        send(ResponseEvent.of("response.in_progress", number, draft.state("in_progress")));
    }

    private Item openMessage() {
        closeLast("completed");
        Item item = draft.addMessage();
        int index = draft.lastIndex();
        send(ResponseEvent.of(ADDED, number, index, ResponseOutput.message(item.id(), "in_progress", List.of())));
        send(ResponseEvent.of("response.content_part.added", number, index, item.id(), ResponsePart.output("")));
        return item;
    }

    private Item openCall(CallDelta.Begun begun) {
        closeLast("completed");
        Item item = draft.addCall(begun);
        send(ResponseEvent.of(ADDED, number, draft.lastIndex(), item.output("in_progress")));
        return item;
    }

    private void closeLast(String status) {
        draft.last().ifPresent(item -> close(item, draft.lastIndex(), status));
    }

    private void close(Item item, int index, String status) {
        String text = item.text().toString();
        if (item.call() == null) {
            send(
                    item.isRefusal()
                            ? ResponseEvent.refusal(false, number, index, item.id(), text)
                            : ResponseEvent.textDone(number, index, item.id(), text));
            send(ResponseEvent.of("response.content_part.done", number, index, item.id(), item.part()));
        } else {
            send(ResponseEvent.argumentsDone(
                    number, index, item.id(), item.call().name(), text));
        }
        send(ResponseEvent.of("response.output_item.done", number, index, item.output(status)));
    }

    private void send(ResponseEvent event) {
        number++;
        stream.event(event.type(), json.bytes(event));
    }
}
