package dev.herd.api;

import dev.herd.api.openai.LogProbs;
import dev.herd.engine.SampledToken;
import dev.herd.tokenizer.Tokenizer;
import java.util.ArrayList;
import java.util.List;

/** What clients are told of a token and its log-probability. */
final class TokenItems {
    /** JSON has no infinity; OpenAI says this for what is practically impossible. */
    private static final float IMPOSSIBLE = -9999f;

    private TokenItems() {}

    /** The token by its text and bytes, with its alternatives; no log-probability stays NaN. */
    static LogProbs.Item item(Tokenizer tokenizer, SampledToken token) {
        List<LogProbs.Alternative> alternatives = token.alternatives().stream()
                .map(other -> new LogProbs.Alternative(
                        tokenizer.decode(other.id()), finite(other.logProb()), bytes(tokenizer, other.id())))
                .toList();
        return new LogProbs.Item(
                tokenizer.decode(token.id()), finite(token.logProb()), bytes(tokenizer, token.id()), alternatives);
    }

    private static List<Integer> bytes(Tokenizer tokenizer, int token) {
        List<Integer> bytes = new ArrayList<>();
        for (byte value : tokenizer.bytes(token)) {
            bytes.add(Byte.toUnsignedInt(value));
        }
        return bytes;
    }

    private static float finite(float logProb) {
        return Math.max(logProb, IMPOSSIBLE);
    }
}
