package dev.herd.tokenizer;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.herd.weights.Vocabulary.SplitRules;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The {@code pre_tokenizer} of a {@code tokenizer.json}: one split expression and the byte alphabet, or a refusal. */
final class PreTokenizerReader {
    private final VocabularyDraft draft;
    private final List<String> expressions = new ArrayList<>();
    private boolean hasByteLevel;

    private PreTokenizerReader(VocabularyDraft draft) {
        this.draft = draft;
    }

    /** Reads the value at which {@code parser} stands. */
    static Splitter read(VocabularyDraft draft, JsonParser parser) throws IOException {
        var reader = new PreTokenizerReader(draft);
        reader.visit(tree(parser));
        return reader.splitter();
    }

    private Splitter splitter() {
        if (!hasByteLevel || expressions.size() != 1) {
            throw draft.error("its pre_tokenizer is not one Split followed by ByteLevel");
        }
        String expression = expressions.getFirst();
        return expression.equals(SplitRules.LLAMA_4.expression())
                ? new Llama4Splitter()
                : new PatternSplitter(draft, expression);
    }

    private void visit(Object node) {
        Map<?, ?> fields = node instanceof Map<?, ?> map ? map : Map.of();
        String type = String.valueOf(fields.get("type"));
        if (hasByteLevel) {
            throw draft.error("its pre_tokenizer goes on after ByteLevel, which is not supported");
        }
        switch (type) {
            case "Sequence" -> {
                if (fields.get("pretokenizers") instanceof List<?> parts) {
                    parts.forEach(this::visit);
                }
            }
            case "Split" -> visitSplit(fields);
            case "ByteLevel" -> visitByteLevel(fields);
            default -> throw draft.error("its pre_tokenizer " + VocabularyDraft.shown(type) + " is not supported");
        }
    }

    private void visitSplit(Map<?, ?> fields) {
        boolean isIsolated = "Isolated".equals(fields.get("behavior")) && !Boolean.TRUE.equals(fields.get("invert"));
        if (!isIsolated
                || !(fields.get("pattern") instanceof Map<?, ?> pattern)
                || !(pattern.get("Regex") instanceof String expression)) {
            throw draft.error("its pre_tokenizer's Split is not by a Regex with behavior Isolated");
        }
        expressions.add(expression);
    }

    private void visitByteLevel(Map<?, ?> fields) {
        if (Boolean.TRUE.equals(fields.get("add_prefix_space"))) {
            throw draft.error("its pre_tokenizer uses add_prefix_space, which is not supported");
        }
        if (!Boolean.FALSE.equals(fields.get("use_regex"))) {
            expressions.add(PatternSplitter.GPT2);
        }
        hasByteLevel = true;
    }

    /** The JSON value as maps, lists, strings and booleans; the empty string for null and numbers. */
    private static Object tree(JsonParser parser) throws IOException {
        return switch (parser.currentToken()) {
            case START_OBJECT -> {
                Map<String, Object> fields = new LinkedHashMap<>();
                while (parser.nextToken() == JsonToken.FIELD_NAME) {
                    String name = parser.currentName();
                    parser.nextToken();
                    fields.put(name, tree(parser));
                }
                yield fields;
            }
            case START_ARRAY -> {
                List<Object> elements = new ArrayList<>();
                while (parser.nextToken() != JsonToken.END_ARRAY) {
                    elements.add(tree(parser));
                }
                yield elements;
            }
            case VALUE_STRING -> parser.getText();
            case VALUE_TRUE -> true;
            case VALUE_FALSE -> false;
            default -> "";
        };
    }
}
