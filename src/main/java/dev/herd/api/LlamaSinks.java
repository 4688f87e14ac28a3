package dev.herd.api;

import dev.herd.api.llama.LlamaAnswer;
import dev.herd.api.llama.LlamaAnswer.Chunk;
import dev.herd.api.llama.LlamaAnswer.CompletionMessage;
import dev.herd.api.llama.LlamaAnswer.Delta;
import dev.herd.api.llama.LlamaAnswer.Event;
import dev.herd.api.llama.LlamaAnswer.Metric;
import dev.herd.api.llama.LlamaChatRequest.LlamaFunction;
import dev.herd.api.llama.LlamaChatRequest.LlamaText;
import dev.herd.api.llama.LlamaChatRequest.LlamaToolCall;
import dev.herd.api.openai.ApiException;
import dev.herd.api.openai.FinishReasonName;
import dev.herd.api.openai.LogProbs;
import dev.herd.api.openai.SafetyReport;
import dev.herd.api.openai.Usage;
import io.smallrye.mutiny.subscription.UniEmitter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Where answers of the Llama API go. */
final class LlamaSinks {
    private LlamaSinks() {}

    private static String name(FinishReasonName reason) {
        return reason.name().toLowerCase(Locale.ROOT);
    }

    /** Collects an answer into one body. */
    static final class Whole implements AnswerSink {
        private final String id;
        private final UniEmitter<? super LlamaAnswer> emitter;
        private final StringBuilder text = new StringBuilder();
        private final List<CallDelta.Begun> calls = new ArrayList<>();
        private final List<StringBuilder> arguments = new ArrayList<>();
        private FinishReasonName reason = FinishReasonName.LENGTH;
        private @Nullable SafetyReport safety;

        Whole(String id, UniEmitter<? super LlamaAnswer> emitter) {
            this.id = id;
            this.emitter = emitter;
        }

        @Override
        public boolean isFull() {
            return false;
        }

        @Override
        public void delta(int choice, String delta, List<LogProbs.Item> logProbs) {
            text.append(delta);
        }

        @Override
        public void call(int choice, CallDelta call) {
            CallDelta.Begun begun = call.begun();
            if (begun != null) {
                calls.add(begun);
                arguments.add(new StringBuilder());
            }
            arguments.get(call.index()).append(call.arguments());
        }

        @Override
        public void withheld(int choice, Withheld instead) {
            text.setLength(0);
            text.append(instead.message());
            calls.clear();
        }

        @Override
        public void choiceFinished(int choice, FinishReasonName why, @Nullable SafetyReport report) {
            reason = why;
            safety = report;
        }

        @Override
        public void finished(Usage usage) {
            List<LlamaToolCall> asked = IntStream.range(0, calls.size())
                    .mapToObj(i -> new LlamaToolCall(
                            calls.get(i).id(),
                            new LlamaFunction(
                                    calls.get(i).name(), arguments.get(i).toString())))
                    .toList();
            CompletionMessage message = new CompletionMessage(
                    "assistant", LlamaText.of(text.toString()), name(reason), asked.isEmpty() ? null : asked);
            emitter.complete(new LlamaAnswer(id, message, Metric.of(usage), safety));
        }

        @Override
        public void failed(ApiException error) {
            emitter.fail(error);
        }

        @Override
        public void flush() {}
    }

    /** Turns an answer into events as it comes. */
    static final class Streamed implements AnswerSink {
        private final String id;
        private final EventJson json;
        private final EventStream stream;
        private final Consumer<@Nullable Throwable> onEnd;
        private boolean isBegun;

        Streamed(String id, EventJson json, EventStream stream, Consumer<@Nullable Throwable> onEnd) {
            this.id = id;
            this.json = json;
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
            send(new Event("progress", Delta.text(text), null, null, null));
        }

        @Override
        public void call(int choice, CallDelta call) {
            begin();
            CallDelta.Begun begun = call.begun();
            Delta delta = begun == null
                    ? Delta.call(null, null, call.arguments())
                    : Delta.call(begun.id(), begun.name(), call.arguments());
            send(new Event("progress", delta, null, null, null));
        }

        @Override
        public void withheld(int choice, Withheld instead) {
            begin();
            if (instead.isStreamed()) {
                send(new Event("progress", Delta.text(instead.message()), null, null, null));
            }
        }

        @Override
        public void choiceFinished(int choice, FinishReasonName reason, @Nullable SafetyReport safety) {
            begin();
            send(new Event("complete", Delta.text(""), name(reason), null, safety));
        }

        @Override
        public void finished(Usage usage) {
            send(new Event("metrics", Delta.text(""), null, Metric.of(usage), null));
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

        private void begin() {
            if (!isBegun) {
                isBegun = true;
                send(new Event("start", Delta.text(""), null, null, null));
            }
        }

        private void send(Event event) {
            stream.event(json.bytes(new Chunk(id, event)));
        }
    }
}
