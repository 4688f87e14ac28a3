package dev.herd.tokenizer;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Map;
import java.util.OptionalInt;

/** Byte-level BPE over a vocabulary, its merges and its split rules. */
final class BytePairTokenizer implements Tokenizer {
    private final TokenTable tokens;
    private final MergeTable merges;
    private final int[] byteTokens;
    private final Splitter splitter;
    private final boolean isWholePieceFirst;
    private final LiteralTokens literals;
    private final Map<String, Integer> specialIds;
    private final BitSet specials = new BitSet();

    /**
     * Takes the parts.
     *
     * @param byteTokens id of each of the 256 single bytes
     * @param specialIds id of each special token by name
     */
    BytePairTokenizer(
            TokenTable tokens, MergeTable merges, int[] byteTokens, Rules rules, Map<String, Integer> specialIds) {
        this.tokens = tokens;
        this.merges = merges;
        this.byteTokens = byteTokens.clone();
        this.splitter = rules.splitter();
        this.isWholePieceFirst = rules.isWholePieceFirst();
        this.literals = rules.literals();
        this.specialIds = Map.copyOf(specialIds);
        specialIds.values().forEach(specials::set);
    }

    /**
     * How text becomes pieces, and pieces tokens.
     *
     * @param isWholePieceFirst whether a piece that is a token is taken whole, whatever the merges would make of it
     */
    record Rules(Splitter splitter, boolean isWholePieceFirst, LiteralTokens literals) {}

    @Override
    public int[] encode(String text) {
        var encoder = new PieceEncoder(tokens, merges, byteTokens, isWholePieceFirst, text.length() / 3 + 8);
        if (literals.isEmpty()) {
            encodeSpan(text, 0, text.length(), encoder);
            return encoder.result();
        }
        int start = 0;
        while (start < text.length()) {
            LiteralTokens.Match match = literals.next(text, start);
            encodeSpan(text, start, match.start(), encoder);
            if (match.end() > match.start()) {
                encoder.addToken(match.id());
            }
            start = match.end();
        }
        return encoder.result();
    }

    private void encodeSpan(String text, int start, int limit, PieceEncoder encoder) {
        int at = start;
        while (at < limit) {
            int end = splitter.pieceEnd(text, at, limit);
            encoder.addPiece(text, at, end);
            at = end;
        }
    }

    @Override
    public byte[] bytes(int token) {
        return tokens.bytes(token);
    }

    @Override
    public String decode(int... ids) {
        byte[] text = new byte[ids.length * 4 + 16];
        int length = 0;
        for (int id : ids) {
            byte[] bytes = tokens.bytes(id);
            if (length + bytes.length > text.length) {
                text = Arrays.copyOf(text, Math.max(length + bytes.length, 2 * text.length));
            }
            System.arraycopy(bytes, 0, text, length, bytes.length);
            length += bytes.length;
        }
        return new String(text, 0, length, StandardCharsets.UTF_8);
    }

    @Override
    public OptionalInt special(String name) {
        Integer id = specialIds.get(name);
        return id == null ? OptionalInt.empty() : OptionalInt.of(id);
    }

    @Override
    public boolean isSpecial(int token) {
        return token >= 0 && specials.get(token);
    }

    @Override
    public int size() {
        return tokens.size();
    }
}
