package dev.herd.api;

import dev.herd.api.openai.ApiException;
import dev.herd.api.openai.Completion;
import dev.herd.api.openai.FinishReasonName;
import dev.herd.api.openai.LogProbs;
import dev.herd.api.openai.SafetyReport;
import dev.herd.api.openai.ScoreColumns;
import dev.herd.api.openai.Usage;
import io.smallrye.mutiny.subscription.UniEmitter;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Collects a completion into one body. */
final class WholeCompletion implements AnswerSink {
    private final CompletionHead head;
    private final UniEmitter<? super Completion> emitter;
    private final List<StringBuilder> texts;
    private final List<List<LogProbs.Item>> logProbs;
    private final Map<Integer, FinishReasonName> reasons = new HashMap<>();
    private @Nullable SafetyReport safety;

    WholeCompletion(CompletionHead head, UniEmitter<? super Completion> emitter) {
        this.head = head;
        this.emitter = emitter;
        this.texts = head.echoes().stream()
                .map(echo -> new StringBuilder(echo.text()))
                .toList();
        this.logProbs = head.echoes().stream()
                .<List<LogProbs.Item>>map(echo -> new ArrayList<>(echo.unscored()))
                .toList();
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
    public void scored(int choice, List<LogProbs.Item> prompt) {
        logProbs.get(choice).addAll(prompt);
    }

    @Override
    public void withheld(int choice, Withheld instead) {
        texts.get(choice).setLength(0);
        texts.get(choice).append(instead.message());
        logProbs.get(choice).clear();
    }

    @Override
    public void choiceFinished(int choice, FinishReasonName reason, @Nullable SafetyReport report) {
        reasons.put(choice, reason);
        safety = report == null ? safety : report;
    }

    @Override
    public void finished(Usage usage) {
        List<ScoreColumns> columns = head.columns();
        List<Completion.Choice> choices = IntStream.range(0, head.choiceCount())
                .mapToObj(choice -> new Completion.Choice(
                        choice,
                        texts.get(choice).toString(),
                        head.wantsLogProbs() ? columns.get(choice).next(logProbs.get(choice)) : null,
                        reasons.get(choice)))
                .toList();
        emitter.complete(Completion.of(head.id(), head.created(), head.model(), choices, usage, safety));
    }

    @Override
    public void failed(ApiException error) {
        emitter.fail(error);
    }

    @Override
    public void flush() {}
}
