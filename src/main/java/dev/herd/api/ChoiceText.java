package dev.herd.api;

import dev.herd.api.openai.LogProbs;
import dev.herd.chat.AnswerText;
import dev.herd.chat.ToolCallParser;
import dev.herd.chat.ToolCallParser.Event;
import dev.herd.engine.SampledToken;
import dev.herd.tokenizer.Tokenizer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The text of one choice as it grows, with the log-probabilities of the tokens that it consists of and the calls in it.
 * Used by one thread at a time.
 */
final class ChoiceText {
    /* Text is held back while it may be part of a character or of a stop string, and never shown if it was one. The
     * log-probabilities of a token must share its fate: each waits until text beyond its first byte has been shown. Those
     * of the tokens that calls are written with are shown, too. */
    private static final char REPLACEMENT = '\ufffd';

    private final AnswerText text;
    private final Tokenizer tokenizer;
    private final boolean wantsLogProbs;
    private final @Nullable ToolCallParser calls;
    private final boolean isParallel;
    private final Deque<Held> held = new ArrayDeque<>();
    private long tokenBytes;
    private long shownBytes;
    private int tokenCount;
    private boolean isStopped;
    private boolean isAligned = true;

    /** A text in which nothing is a call. */
    ChoiceText(AnswerText text, Tokenizer tokenizer, boolean wantsLogProbs) {
        this(text, tokenizer, wantsLogProbs, null, true);
    }

    /** A text in which {@code calls} finds calls; unless {@code isParallel}, it ends with the first of them. */
    ChoiceText(
            AnswerText text,
            Tokenizer tokenizer,
            boolean wantsLogProbs,
            @Nullable ToolCallParser calls,
            boolean isParallel) {
        this.text = text;
        this.tokenizer = tokenizer;
        this.wantsLogProbs = wantsLogProbs;
        this.calls = calls;
        this.isParallel = isParallel;
    }

    /** Takes a token in; the delta may be empty. After a stop string nothing more is shown. */
    Delta accept(SampledToken token) {
        if (isStopped) {
            return Delta.NONE;
        }
        tokenCount++;
        if (wantsLogProbs) {
            held.add(new Held(tokenBytes, TokenItems.item(tokenizer, token)));
            tokenBytes += isShown(token.id()) ? tokenizer.bytes(token.id()).length : 0;
            isAligned &= isShown(token.id());
        }
        AnswerText.Update update = text.accept(token.id());
        isStopped = update.isStopped();
        return show(update.text(), isStopped);
    }

    /** Takes the stop token, which is counted, and in the text only if stop strings are. */
    Delta acceptStopToken(SampledToken token) {
        if (text.style().showsStop()) {
            return accept(token);
        }
        if (!isStopped) {
            tokenCount++;
        }
        return Delta.NONE;
    }

    /** What was held back and turned out to be ordinary text. */
    Delta finish() {
        return isStopped ? Delta.NONE : show(text.finish(), true);
    }

    /** Whether a stop string has come, or the only call that is allowed. */
    boolean isStopped() {
        return isStopped;
    }

    /** Whether the text asks for calls. */
    boolean hasCalls() {
        return calls != null && calls.callCount() > 0;
    }

    /** Tokens up to the end of the answer, stop token included. */
    int tokenCount() {
        return tokenCount;
    }

    private boolean isShown(int token) {
        return !tokenizer.isSpecial(token) || text.style().shownSpecials().test(token);
    }

    private Delta show(String shown, boolean isLast) {
        List<LogProbs.Item> items = released(shown);
        isAligned &= shown.indexOf(REPLACEMENT) < 0;
        if (calls == null) {
            return shown.isEmpty() && items.isEmpty() ? Delta.NONE : new Delta(shown, items, List.of(), isAligned);
        }
        List<Event> events = new ArrayList<>(calls.accept(shown));
        if (isLast) {
            events.addAll(calls.finish());
        }
        return divide(events, items, isLast);
    }

    private List<LogProbs.Item> released(String shown) {
        if (!wantsLogProbs) {
            return List.of();
        }
        shownBytes += shown.getBytes(StandardCharsets.UTF_8).length;
        List<LogProbs.Item> items = new ArrayList<>();
        while (!held.isEmpty() && held.getFirst().firstByte() < shownBytes) {
            items.add(held.removeFirst().item());
        }
        return items;
    }

    private Delta divide(List<Event> events, List<LogProbs.Item> items, boolean isLast) {
        StringBuilder content = new StringBuilder();
        List<CallDelta> deltas = new ArrayList<>();
        isAligned &= !hasCalls();
        for (Event event : events) {
            switch (event) {
                case Event.Text(String more) -> content.append(more);
                case Event.CallStart(int index, String name) ->
                    deltas.add(new CallDelta(index, new CallDelta.Begun(newId(), name), ""));
                case Event.Arguments(int index, String json) -> deltas.add(new CallDelta(index, null, json));
                case Event.CallEnd(int index) -> {
                    if (!isParallel) {
                        isStopped |= !isLast;
                        return new Delta(content.toString(), items, deltas, isAligned);
                    }
                }
            }
        }
        return new Delta(content.toString(), items, deltas, isAligned);
    }

    private static String newId() {
        return "call_" + UUID.randomUUID().toString().replace("-", "");
    }

    /** What clients are told of tokens and their log-probabilities. */
    List<LogProbs.Item> items(List<SampledToken> tokens) {
        return tokens.stream().map(token -> TokenItems.item(tokenizer, token)).toList();
    }

    /**
     * New text, the log-probabilities of its tokens, and what is new of calls.
     *
     * @param isAligned whether the texts so far are those of the tokens so far, one behind the other: not once a token was
     *     not shown, was no character, or is part of a call
     */
    record Delta(String text, List<LogProbs.Item> logProbs, List<CallDelta> calls, boolean isAligned) {
        static final Delta NONE = new Delta("", List.of(), List.of(), true);

        boolean isEmpty() {
            return text.isEmpty() && logProbs.isEmpty() && calls.isEmpty();
        }
    }

    private record Held(long firstByte, LogProbs.Item item) {}
}
