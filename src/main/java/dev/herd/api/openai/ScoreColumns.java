package dev.herd.api.openai;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Turns the log-probabilities of one text, as it grows, into the columns that completions have. For one thread. */
public final class ScoreColumns {
    private static final int CONTINUATION_MASK = 0xc0;
    private static final int CONTINUATION = 0x80;

    private int characters;

    /** Columns of a text that comes after {@code characters} others. */
    public ScoreColumns(int characters) {
        this.characters = characters;
    }

    /** The columns of the next tokens; NaN stands for no log-probability. */
    public Completion.TokenScores next(List<LogProbs.Item> items) {
        List<String> tokens = new ArrayList<>();
        List<@Nullable Float> scores = new ArrayList<>();
        List<@Nullable Map<String, Float>> alternatives = new ArrayList<>();
        List<Integer> offsets = new ArrayList<>();
        for (LogProbs.Item item : items) {
            tokens.add(name(item.token(), item.bytes()));
            boolean hasScore = !Float.isNaN(item.logprob());
            scores.add(hasScore ? item.logprob() : null);
            offsets.add(characters);
            characters += begun(item.bytes());
            Map<String, Float> best = new LinkedHashMap<>();
            item.topLogprobs().forEach(other -> best.putIfAbsent(name(other.token(), other.bytes()), other.logprob()));
            alternatives.add(hasScore ? best : null);
        }
        return new Completion.TokenScores(tokens, scores, alternatives, offsets);
    }

    private static int begun(List<Integer> bytes) {
        return (int) bytes.stream()
                .filter(value -> (value & CONTINUATION_MASK) != CONTINUATION)
                .count();
    }

    private static String name(String token, List<Integer> bytes) {
        ByteBuffer encoded = ByteBuffer.allocate(bytes.size());
        bytes.forEach(value -> encoded.put(value.byteValue()));
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(encoded.flip()).toString();
        } catch (CharacterCodingException incomplete) {
            StringBuilder name = new StringBuilder("bytes:");
            bytes.forEach(value -> name.append(String.format(Locale.ROOT, "\\x%02x", value)));
            return bytes.isEmpty() ? token : name.toString();
        }
    }
}
