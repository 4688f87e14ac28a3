package dev.herd.tokenizer;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import dev.herd.weights.CheckpointException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Hugging Face's {@code tokenizer.json}, as far as byte-level BPE needs it; what would change ids is refused. */
final class TokenizerJsonReader {
    private static final int MOST_MERGES = 1 << 23;

    /** Field names are tokens here: interning them would only cost memory. */
    private static final JsonFactory JSON = JsonFactory.builder()
            .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxDocumentLength(1L << 29)
                    .maxNestingDepth(32)
                    .maxStringLength(1 << 20)
                    .maxNameLength(1 << 16)
                    .maxNumberLength(64)
                    .build())
            .build();

    private final VocabularyDraft draft;
    private final List<String> merges = new ArrayList<>();
    private boolean hasModel;
    private boolean ignoresMerges;
    private Optional<Splitter> splitter = Optional.empty();

    private TokenizerJsonReader(String source) {
        this.draft = new VocabularyDraft(source);
    }

    static Tokenizer read(Path file) {
        try (JsonParser parser = JSON.createParser(file.toFile())) {
            return new TokenizerJsonReader(file.toString()).read(parser);
        } catch (JsonProcessingException e) {
            throw new CheckpointException(
                    file + " is not a usable tokenizer.json: "
                            + e.getOriginalMessage().replaceAll("\\s+", " "),
                    e);
        } catch (IOException e) {
            throw new CheckpointException(file + " cannot be read: " + e.getMessage(), e);
        }
    }

    private Tokenizer read(JsonParser parser) throws IOException {
        parser.nextToken();
        expect(parser, JsonToken.START_OBJECT, "the document");
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            String name = parser.currentName();
            JsonToken value = parser.nextToken();
            switch (name) {
                case "model" -> readModel(parser);
                case "added_tokens" -> readAddedTokens(parser);
                case "pre_tokenizer" -> splitter = Optional.of(PreTokenizerReader.read(draft, parser));
                case "normalizer" -> {
                    if (value != JsonToken.VALUE_NULL) {
                        throw draft.error("it has a normalizer, which byte-level BPE of Llama 4 has not");
                    }
                }
                default -> parser.skipChildren();
            }
        }
        expect(parser, JsonToken.END_OBJECT, "the document");
        if (!hasModel) {
            throw draft.error("it has no model");
        }
        return draft.build(splitter.orElseThrow(() -> draft.error("it has no pre_tokenizer")), ignoresMerges, merges);
    }

    private void readModel(JsonParser parser) throws IOException {
        expect(parser, JsonToken.START_OBJECT, "model");
        hasModel = true;
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            String name = parser.currentName();
            JsonToken value = parser.nextToken();
            switch (name) {
                case "type" -> {
                    if (!"BPE".equals(parser.getText())) {
                        throw draft.error("its model is " + VocabularyDraft.shown(parser.getText()) + ", not BPE");
                    }
                }
                case "vocab" -> readVocabulary(parser);
                case "merges" -> readMerges(parser);
                case "ignore_merges" -> ignoresMerges = value == JsonToken.VALUE_TRUE;
                case "byte_fallback", "dropout", "continuing_subword_prefix", "end_of_word_suffix" ->
                    refuseUnlessAbsent(parser, name, value);
                default -> parser.skipChildren();
            }
        }
    }

    private void refuseUnlessAbsent(JsonParser parser, String name, JsonToken value) throws IOException {
        boolean isAbsent = Set.of(JsonToken.VALUE_NULL, JsonToken.VALUE_FALSE).contains(value)
                || (value == JsonToken.VALUE_STRING && parser.getText().isEmpty())
                || (value.isNumeric() && parser.getDoubleValue() == 0);
        if (!isAbsent) {
            throw draft.error("its model uses " + name + ", which is not supported");
        }
    }

    private void readVocabulary(JsonParser parser) throws IOException {
        expect(parser, JsonToken.START_OBJECT, "model.vocab");
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            String text = parser.currentName();
            expect(parser.nextToken(), JsonToken.VALUE_NUMBER_INT, "the id of " + VocabularyDraft.shown(text));
            draft.addEncoded(parser.getLongValue(), text);
        }
    }

    private void readMerges(JsonParser parser) throws IOException {
        expect(parser, JsonToken.START_ARRAY, "model.merges");
        for (JsonToken token = parser.nextToken(); token != JsonToken.END_ARRAY; token = parser.nextToken()) {
            if (merges.size() == MOST_MERGES) {
                throw draft.error("it has more than " + MOST_MERGES + " merges");
            }
            if (token == JsonToken.START_ARRAY) {
                String left = text(parser, "a merge");
                String right = text(parser, "a merge");
                expect(parser.nextToken(), JsonToken.END_ARRAY, "a merge");
                merges.add(left + " " + right);
            } else {
                expect(token, JsonToken.VALUE_STRING, "a merge");
                merges.add(parser.getText());
            }
        }
    }

    private String text(JsonParser parser, String what) throws IOException {
        expect(parser.nextToken(), JsonToken.VALUE_STRING, what);
        return parser.getText();
    }

    private void readAddedTokens(JsonParser parser) throws IOException {
        expect(parser, JsonToken.START_ARRAY, "added_tokens");
        while (parser.nextToken() == JsonToken.START_OBJECT) {
            readAddedToken(parser);
        }
        expect(parser, JsonToken.END_ARRAY, "added_tokens");
    }

    private void readAddedToken(JsonParser parser) throws IOException {
        long id = -1;
        String content = "";
        boolean isSpecial = false;
        String looseness = "";
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            String name = parser.currentName();
            JsonToken value = parser.nextToken();
            switch (name) {
                case "id" -> {
                    expect(value, JsonToken.VALUE_NUMBER_INT, "added_tokens.id");
                    id = parser.getLongValue();
                }
                case "content" -> {
                    expect(value, JsonToken.VALUE_STRING, "added_tokens.content");
                    content = parser.getText();
                }
                case "special" -> isSpecial = value == JsonToken.VALUE_TRUE;
                case "single_word", "lstrip", "rstrip" -> looseness = value == JsonToken.VALUE_TRUE ? name : looseness;
                default -> parser.skipChildren();
            }
        }
        if (isSpecial || VocabularyDraft.isControlName(content)) {
            draft.addSpecial(id, content);
        } else if (looseness.isEmpty()) {
            draft.addLiteral(id, content);
        } else {
            throw draft.error("the added token " + VocabularyDraft.shown(content) + " uses " + looseness
                    + ", which is not supported");
        }
    }

    private void expect(JsonParser parser, JsonToken expected, String what) throws IOException {
        expect(parser.currentToken(), expected, what);
    }

    private void expect(JsonToken token, JsonToken expected, String what) {
        if (token != expected) {
            throw draft.error(what + " is malformed or cut short");
        }
    }
}
