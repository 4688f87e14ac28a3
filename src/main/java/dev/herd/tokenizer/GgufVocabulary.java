package dev.herd.tokenizer;

import dev.herd.weights.Vocabulary;
import dev.herd.weights.Vocabulary.SplitRules;
import java.util.List;

/** A vocabulary as GGUF metadata holds it. */
final class GgufVocabulary {
    private static final int NORMAL = 1;
    private static final int UNKNOWN = 2;
    private static final int CONTROL = 3;
    private static final int USER_DEFINED = 4;
    private static final int UNUSED = 5;
    private static final int BYTE = 6;

    private GgufVocabulary() {}

    /**
     * The tokenizer of {@code vocabulary}. A piece that is a token is taken whole, as Meta's and Hugging Face's tokenizers
     * of Llama 3 and 4 do; merges decide about all others.
     */
    static Tokenizer read(Vocabulary.GgufTokens vocabulary) {
        var draft = new VocabularyDraft("The GGUF file's vocabulary");
        List<String> tokens = vocabulary.tokens();
        int[] types = vocabulary.tokenTypes();
        if (types.length != 0 && types.length != tokens.size()) {
            throw draft.error("there are " + tokens.size() + " tokens but " + types.length + " token types");
        }
        for (int id = 0; id < tokens.size(); id++) {
            add(draft, id, tokens.get(id), types.length == 0 ? NORMAL : types[id]);
        }
        return draft.build(splitter(draft, vocabulary.splitRules()), true, vocabulary.merges());
    }

    private static Splitter splitter(VocabularyDraft draft, SplitRules rules) {
        return switch (rules) {
            case LLAMA_3 -> new PatternSplitter(draft, rules.expression());
            case LLAMA_4 -> new Llama4Splitter();
        };
    }

    private static void add(VocabularyDraft draft, int id, String text, int type) {
        switch (type) {
            case NORMAL -> draft.addEncoded(id, text);
            case UNKNOWN, CONTROL -> draft.addSpecial(id, text);
            case USER_DEFINED -> draft.addLiteral(id, text);
            case UNUSED -> draft.addUnused(id);
            case BYTE -> draft.addOrdinary(id, new byte[] {byteOf(draft, id, text)});
            default -> throw draft.error("token " + id + " has the unknown type " + type);
        }
    }

    private static byte byteOf(VocabularyDraft draft, int id, String text) {
        if (!text.matches("<0x[0-9A-Fa-f]{2}>")) {
            throw draft.error("byte token " + id + " (" + VocabularyDraft.shown(text) + ") is not of the form <0x0A>");
        }
        return (byte) Integer.parseInt(text, 3, 5, 16);
    }
}
