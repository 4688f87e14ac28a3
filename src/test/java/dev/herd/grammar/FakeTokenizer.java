package dev.herd.grammar;

import dev.herd.tokenizer.Tokenizer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;

/** A vocabulary of a few tokens; those in angle brackets are special. */
public final class FakeTokenizer implements Tokenizer {
    private final List<byte[]> tokens;

    /** Takes the tokens as bytes, ids in their order. */
    public FakeTokenizer(List<byte[]> tokens) {
        this.tokens = List.copyOf(tokens);
    }

    /** Takes the tokens as texts, ids in their order. */
    public static FakeTokenizer of(String... tokens) {
        return new FakeTokenizer(Arrays.stream(tokens)
                .map(token -> token.getBytes(StandardCharsets.UTF_8))
                .toList());
    }

    @Override
    public int[] encode(String text) {
        throw new UnsupportedOperationException("nothing is encoded with the fake vocabulary");
    }

    @Override
    public byte[] bytes(int token) {
        return tokens.get(token).clone();
    }

    @Override
    public String decode(int... ids) {
        StringBuilder text = new StringBuilder();
        Arrays.stream(ids).forEach(id -> text.append(new String(tokens.get(id), StandardCharsets.UTF_8)));
        return text.toString();
    }

    @Override
    public OptionalInt special(String name) {
        for (int id = 0; id < tokens.size(); id++) {
            if (isSpecial(id) && decode(id).equals(name)) {
                return OptionalInt.of(id);
            }
        }
        return OptionalInt.empty();
    }

    @Override
    public boolean isSpecial(int token) {
        return decode(token).startsWith("<|");
    }

    @Override
    public int size() {
        return tokens.size();
    }
}
