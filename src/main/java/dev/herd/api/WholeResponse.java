package dev.herd.api;

import dev.herd.api.openai.ApiException;
import dev.herd.api.openai.FinishReasonName;
import dev.herd.api.openai.LogProbs;
import dev.herd.api.openai.ModerationReport;
import dev.herd.api.openai.ResponseObject;
import dev.herd.api.openai.SafetyReport;
import dev.herd.api.openai.Usage;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Collects a response until it is complete. */
final class WholeResponse implements AnswerSink {
    private final ResponseDraft draft;
    private final Consumer<ResponseObject> onComplete;
    private final Consumer<ApiException> onFailure;
    private FinishReasonName reason = FinishReasonName.LENGTH;
    private @Nullable SafetyReport safety;

    WholeResponse(ResponseDraft draft, Consumer<ResponseObject> onComplete, Consumer<ApiException> onFailure) {
        this.draft = draft;
        this.onComplete = onComplete;
        this.onFailure = onFailure;
    }

    @Override
    public boolean isFull() {
        return false;
    }

    @Override
    public void delta(int choice, String text, List<LogProbs.Item> logProbs) {
        if (!text.isEmpty()) {
            draft.last()
                    .filter(item -> item.call() == null)
                    .orElseGet(draft::addMessage)
                    .text()
                    .append(text);
        }
    }

    @Override
    public void call(int choice, CallDelta call) {
        CallDelta.Begun begun = call.begun();
        ResponseDraft.Item item = begun == null ? draft.last().orElseThrow() : draft.addCall(begun);
        item.text().append(call.arguments());
    }

    @Override
    public void withheld(int choice, Withheld instead) {
        draft.clear();
        if (instead.isRefusal()) {
            draft.addRefusal(instead.message());
        } else {
            draft.addMessage().text().append(instead.message());
        }
    }

    @Override
    public void choiceFinished(int choice, FinishReasonName why, @Nullable SafetyReport report) {
        reason = why;
        safety = report;
        if (draft.last().isEmpty()) {
            draft.addMessage();
        }
    }

    @Override
    public void moderated(ModerationReport report) {
        draft.moderated(report);
    }

    @Override
    public void finished(Usage usage) {
        onComplete.accept(draft.finished(reason, usage, safety));
    }

    @Override
    public void failed(ApiException error) {
        onFailure.accept(error);
    }

    @Override
    public void flush() {}
}
