package dev.herd.api;

import dev.herd.api.openai.ApiException;
import dev.herd.api.openai.FinishReasonName;
import dev.herd.api.openai.LogProbs;
import dev.herd.api.openai.SafetyReport;
import dev.herd.api.openai.Usage;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Where an answer goes that nobody waits for. */
final class NoSink implements AnswerSink {
    @Override
    public boolean isFull() {
        return false;
    }

    @Override
    public void delta(int choice, String text, List<LogProbs.Item> logProbs) {}

    @Override
    public void withheld(int choice, Withheld instead) {}

    @Override
    public void choiceFinished(int choice, FinishReasonName reason, @Nullable SafetyReport safety) {}

    @Override
    public void finished(Usage usage) {}

    @Override
    public void failed(ApiException error) {}

    @Override
    public void flush() {}
}
