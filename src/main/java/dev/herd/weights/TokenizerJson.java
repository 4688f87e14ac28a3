package dev.herd.weights;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.herd.weights.Vocabulary.SplitRules;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Reads the vocabulary of a {@code tokenizer.json} in the form in which GGUF stores it. */
public final class TokenizerJson {
    private static final int NORMAL = 1;
    private static final int CONTROL = 3;
    private static final int USER_DEFINED = 4;
    private static final int UNUSED = 5;
    private static final int MAX_ID = 1 << 22;
    private static final long MAX_BYTES = 256L << 20;

    private final Path file;
    private final Map<Integer, String> texts = new HashMap<>();
    private final Map<Integer, Integer> types = new HashMap<>();
    private final List<String> merges = new ArrayList<>();
    private Optional<SplitRules> splitRules = Optional.empty();

    private TokenizerJson(Path file) {
        this.file = file;
    }

    /**
     * The vocabulary, merges and added tokens of {@code file}; ids that it leaves out become unused tokens.
     *
     * @throws CheckpointException if the file is none of a byte-level BPE
     */
    public static Vocabulary.GgufTokens asTokens(Path file) {
        TokenizerJson reader = new TokenizerJson(file);
        try (JsonParser parser = Json.FACTORY.createParser(MappedFile.read(file, MAX_BYTES))) {
            reader.read(parser);
        } catch (IOException e) {
            throw Json.malformed(file.toString(), e);
        }
        return reader.tokens();
    }

    /** The text of an id that no token has, as converters to GGUF write it. */
    static String unusedToken(int id) {
        return "[PAD" + id + "]";
    }

    private Vocabulary.GgufTokens tokens() {
        if (texts.isEmpty()) {
            throw error("has no vocabulary in model.vocab");
        }
        int size = texts.keySet().stream().mapToInt(Integer::intValue).max().orElseThrow() + 1;
        List<String> tokens = new ArrayList<>(size);
        int[] tokenTypes = new int[size];
        for (int id = 0; id < size; id++) {
            String text = texts.get(id);
            tokens.add(text == null ? unusedToken(id) : text);
            tokenTypes[id] = text == null ? UNUSED : types.getOrDefault(id, NORMAL);
        }
        return new Vocabulary.GgufTokens(
                tokens,
                tokenTypes,
                merges,
                splitRules.orElseThrow(() -> error("does not split text by the expression of Llama 3 or Llama 4")));
    }

    private void read(JsonParser parser) throws IOException {
        requireObject(parser.nextToken(), "the document");
        for (String field = parser.nextFieldName(); field != null; field = parser.nextFieldName()) {
            JsonToken token = parser.nextToken();
            switch (field) {
                case "model" -> {
                    requireObject(token, "model");
                    readModel(parser);
                }
                case "added_tokens" -> readAddedTokens(parser);
                case "pre_tokenizer" -> readSplitRules(parser);
                default -> parser.skipChildren();
            }
        }
    }

    /** The one expression by which text is split, wherever it stands in the pre-tokenizer. */
    private void readSplitRules(JsonParser parser) throws IOException {
        int depth = 0;
        do {
            JsonToken token = parser.currentToken();
            if (token.isStructStart()) {
                depth++;
            } else if (token.isStructEnd()) {
                depth--;
            } else if (token == JsonToken.VALUE_STRING && "Regex".equals(parser.currentName())) {
                splitRules = SplitRules.of(parser.getText());
            }
        } while (depth > 0 && parser.nextToken() != null);
    }

    private void readModel(JsonParser parser) throws IOException {
        for (String field = parser.nextFieldName(); field != null; field = parser.nextFieldName()) {
            JsonToken token = parser.nextToken();
            switch (field) {
                case "type" -> {
                    if (token != JsonToken.VALUE_STRING || !parser.getText().equals("BPE")) {
                        throw error("has a model of type '" + parser.getText() + "'; Herd reads 'BPE'");
                    }
                }
                case "vocab" -> {
                    requireObject(token, "model.vocab");
                    readVocabulary(parser);
                }
                case "merges" -> readMerges(parser);
                default -> parser.skipChildren();
            }
        }
    }

    private void readVocabulary(JsonParser parser) throws IOException {
        for (String text = parser.nextFieldName(); text != null; text = parser.nextFieldName()) {
            parser.nextToken();
            int id = id(parser);
            if (texts.putIfAbsent(id, text) != null) {
                throw error("gives id " + id + " to two tokens");
            }
        }
    }

    private void readMerges(JsonParser parser) throws IOException {
        requireArray(parser, "model.merges");
        for (JsonToken token = parser.nextToken(); token != JsonToken.END_ARRAY; token = parser.nextToken()) {
            if (token == JsonToken.START_ARRAY) {
                String left = parser.nextTextValue();
                String right = parser.nextTextValue();
                if (left == null || right == null || parser.nextToken() != JsonToken.END_ARRAY) {
                    throw error("has merge " + merges.size() + ", which is no pair of texts");
                }
                merges.add(checkedMerge(left + " " + right));
            } else if (token == JsonToken.VALUE_STRING) {
                merges.add(checkedMerge(parser.getText()));
            } else {
                throw error("has merge " + merges.size() + ", which is neither a text nor a pair");
            }
        }
    }

    private String checkedMerge(String merge) {
        int space = merge.indexOf(' ');
        if (space < 1 || space == merge.length() - 1 || merge.indexOf(' ', space + 1) >= 0) {
            throw error("has merge '" + merge + "', which is no pair of tokens");
        }
        return merge;
    }

    private void readAddedTokens(JsonParser parser) throws IOException {
        requireArray(parser, "added_tokens");
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            requireObject(parser.currentToken(), "an element of added_tokens");
            readAddedToken(parser);
        }
    }

    private void readAddedToken(JsonParser parser) throws IOException {
        int id = -1;
        String content = "";
        boolean special = false;
        for (String field = parser.nextFieldName(); field != null; field = parser.nextFieldName()) {
            JsonToken token = parser.nextToken();
            switch (field) {
                case "id" -> id = id(parser);
                case "content" -> content = parser.getText();
                case "special" -> special = token == JsonToken.VALUE_TRUE;
                default -> parser.skipChildren();
            }
        }
        if (id < 0 || content.isEmpty()) {
            throw error("has an added token without id or content");
        }
        texts.put(id, content);
        types.put(id, special ? CONTROL : USER_DEFINED);
    }

    private int id(JsonParser parser) throws IOException {
        if (parser.currentToken() != JsonToken.VALUE_NUMBER_INT) {
            throw error("has the token id " + parser.getText() + ", which is no whole number");
        }
        long id = parser.getLongValue();
        if (id < 0 || id > MAX_ID) {
            throw error("has the token id " + id + ", not in 0.." + MAX_ID);
        }
        return (int) id;
    }

    private void requireObject(JsonToken token, String what) {
        if (token != JsonToken.START_OBJECT) {
            throw error("has " + what + ", which is no JSON object");
        }
    }

    private void requireArray(JsonParser parser, String what) {
        if (!parser.isExpectedStartArrayToken()) {
            throw error("has " + what + ", which is no JSON array");
        }
    }

    private CheckpointException error(String problem) {
        return new CheckpointException(file + ": " + problem);
    }
}
