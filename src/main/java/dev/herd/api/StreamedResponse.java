package dev.herd.api;

import com.fasterxml.jackson.databind.ObjectWriter;
import dev.herd.api.openai.ApiException;
import dev.herd.api.openai.FinishReasonName;
import dev.herd.api.openai.LogProbs;
import dev.herd.api.openai.ResponseEvent;
import dev.herd.api.openai.ResponseItem.ResponsePart;
import dev.herd.api.openai.ResponseObject;
import dev.herd.api.openai.ResponseOutput;
import dev.herd.api.openai.Usage;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Turns a response into named events as it comes. */
final class StreamedResponse implements AnswerSink {
    private final ResponseDraft draft;
    private final Consumer<ResponseObject> onComplete;
    private final EventJson json;
    private final EventStream stream;
    private final Consumer<@Nullable Throwable> onEnd;
    private FinishReasonName reason = FinishReasonName.LENGTH;
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
        draft.append(text);
        send(ResponseEvent.textDelta(number, 0, draft.messageId(), text));
    }

    @Override
    public void choiceFinished(int choice, FinishReasonName why) {
        begin();
        reason = why;
        String status = why == FinishReasonName.LENGTH ? "incomplete" : "completed";
        send(ResponseEvent.textDone(number, 0, draft.messageId(), draft.text()));
        send(ResponseEvent.of(
                "response.content_part.done", number, 0, draft.messageId(), ResponsePart.output(draft.text())));
        send(ResponseEvent.of("response.output_item.done", number, 0, draft.message(status)));
    }

    @Override
    public void finished(Usage usage) {
        ResponseObject response = draft.finished(reason, usage);
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
        send(ResponseEvent.of(
                "response.output_item.added",
                number,
                0,
                ResponseOutput.message(draft.messageId(), "in_progress", List.of())));
        send(ResponseEvent.of("response.content_part.added", number, 0, draft.messageId(), ResponsePart.output("")));
    }

    private void send(ResponseEvent event) {
        number++;
        stream.event(event.type(), json.bytes(event));
    }
}
