package dev.herd.api;

import dev.herd.api.openai.LogProbs;
import dev.herd.chat.AnswerText;
import dev.herd.engine.SampledToken;
import dev.herd.tokenizer.Tokenizer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * The text of one choice as it grows, with the log-probabilities of the tokens that it consists of. Used by one thread
 * at a time.
 */
final class ChoiceText {
    /* Text is held back while it may be part of a character or of a stop string, and never shown if it was one. The
     * log-probabilities of a token must share its fate: each waits until text beyond its first byte has been shown. */
    private final AnswerText text;
    private final Tokenizer tokenizer;
    private final boolean wantsLogProbs;
    private final Deque<Held> held = new ArrayDeque<>();
    private long tokenBytes;
    private long shownBytes;
    private int tokenCount;
    private boolean isStopped;

    ChoiceText(AnswerText text, Tokenizer tokenizer, boolean wantsLogProbs) {
        this.text = text;
        this.tokenizer = tokenizer;
        this.wantsLogProbs = wantsLogProbs;
    }

    /** Takes a token in; the delta may be empty. After a stop string nothing more is shown. */
    Delta accept(SampledToken token) {
        if (isStopped) {
            return Delta.NONE;
        }
        tokenCount++;
        if (wantsLogProbs) {
            held.add(new Held(tokenBytes, item(token)));
            tokenBytes += tokenizer.isSpecial(token.id()) ? 0 : tokenizer.bytes(token.id()).length;
        }
        AnswerText.Update update = text.accept(token.id());
        isStopped = update.isStopped();
        return show(update.text());
    }

    /** Counts the stop token, which has no text. */
    void acceptStopToken() {
        if (!isStopped) {
            tokenCount++;
        }
    }

    /** What was held back and turned out to be ordinary text. */
    Delta finish() {
        return isStopped ? Delta.NONE : show(text.finish());
    }

    /** Whether a stop string has come. */
    boolean isStopped() {
        return isStopped;
    }

    /** Tokens up to the end of the answer, stop token included. */
    int tokenCount() {
        return tokenCount;
    }

    private Delta show(String shown) {
        if (!wantsLogProbs) {
            return shown.isEmpty() ? Delta.NONE : new Delta(shown, List.of());
        }
        shownBytes += shown.getBytes(StandardCharsets.UTF_8).length;
        List<LogProbs.Item> items = new ArrayList<>();
        while (!held.isEmpty() && held.getFirst().firstByte() < shownBytes) {
            items.add(held.removeFirst().item());
        }
        return shown.isEmpty() && items.isEmpty() ? Delta.NONE : new Delta(shown, items);
    }

    private LogProbs.Item item(SampledToken token) {
        List<LogProbs.Alternative> alternatives = token.alternatives().stream()
                .map(other -> new LogProbs.Alternative(name(other.id()), finite(other.logProb()), bytes(other.id())))
                .toList();
        return new LogProbs.Item(name(token.id()), finite(token.logProb()), bytes(token.id()), alternatives);
    }

    private String name(int token) {
        return tokenizer.decode(token);
    }

    private List<Integer> bytes(int token) {
        List<Integer> bytes = new ArrayList<>();
        for (byte value : tokenizer.bytes(token)) {
            bytes.add(Byte.toUnsignedInt(value));
        }
        return bytes;
    }

    /** JSON has no infinity; OpenAI says -9999 for what is practically impossible. */
    private static float finite(float logProb) {
        return Math.max(logProb, -9999f);
    }

    /** New text and the log-probabilities of its tokens. */
    record Delta(String text, List<LogProbs.Item> logProbs) {
        static final Delta NONE = new Delta("", List.of());

        boolean isEmpty() {
            return text.isEmpty() && logProbs.isEmpty();
        }
    }

    private record Held(long firstByte, LogProbs.Item item) {}
}
