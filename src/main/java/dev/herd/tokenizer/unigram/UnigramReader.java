package dev.herd.tokenizer.unigram;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import dev.herd.tokenizer.unigram.JsonValues.Fields;
import dev.herd.weights.CheckpointException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/** Hugging Face's {@code tokenizer.json} of a Unigram model; what would change ids and is not known is refused. */
final class UnigramReader {
    private static final int MOST_TOKENS = 1 << 20;
    private static final JsonFactory JSON = JsonFactory.builder()
            .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxDocumentLength(1L << 29)
                    .maxNestingDepth(32)
                    .maxStringLength(1 << 24)
                    .maxNumberLength(64)
                    .build())
            .build();

    private final List<String> pieces = new ArrayList<>();
    private double[] scores = new double[1 << 10];
    private final Set<Integer> specials = new HashSet<>();
    private List<TextStep> normalizers = List.of();
    private List<SplitStep> preTokenizers = List.of();
    private int[] before = {};
    private int[] after = {};
    private int unknown = -1;
    private boolean hasByteFallback;

    private UnigramReader() {}

    static UnigramTokenizer read(Path file) {
        try (JsonParser parser = JSON.createParser(file.toFile())) {
            return new UnigramReader().read(parser);
        } catch (IOException e) {
            throw new CheckpointException(
                    file + " is not a usable tokenizer.json: "
                            + String.valueOf(e.getMessage()).lines().findFirst().orElse(""),
                    e);
        } catch (Refusal refusal) {
            throw new CheckpointException(file + ": " + refusal.getMessage(), refusal);
        }
    }

    /** What a part of the file is refused for. */
    static RuntimeException error(String part, String problem) {
        return new Refusal(part + " " + problem);
    }

    /** A refusal that does not know the file yet. */
    private static final class Refusal extends RuntimeException {
        Refusal(String message) {
            super(message);
        }
    }

    private UnigramTokenizer read(JsonParser parser) throws IOException {
        require(parser.nextToken() == JsonToken.START_OBJECT, "the document", "is no JSON object");
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            String name = parser.currentName();
            boolean isThere = parser.nextToken() != JsonToken.VALUE_NULL;
            switch (name) {
                case "model" -> readModel(parser);
                case "added_tokens" -> readAddedTokens(parser);
                case "normalizer" ->
                    normalizers = isThere ? NormalizerReader.read(JsonValues.fields(name, parser)) : List.of();
                case "pre_tokenizer" ->
                    preTokenizers = isThere ? PreTokenizerReader.read(JsonValues.fields(name, parser)) : List.of();
                case "post_processor" -> {
                    if (isThere) {
                        readTemplate(JsonValues.fields(name, parser));
                    }
                }
                default -> parser.skipChildren();
            }
        }
        return build();
    }

    private UnigramTokenizer build() {
        require(!pieces.isEmpty(), "model", "has no vocabulary");
        require(unknown >= 0 && unknown < pieces.size(), "model.unk_id", "is " + unknown + ", no token");
        PieceTrie trie = new PieceTrie();
        for (int id = 0; id < pieces.size(); id++) {
            if (!specials.contains(id) && !pieces.get(id).isEmpty()) {
                trie.add(pieces.get(id), id);
            }
        }
        double[] exact = Arrays.copyOf(scores, pieces.size());
        UnigramModel model = new UnigramModel(trie, exact, unknown, hasByteFallback ? byteTokens() : new int[0]);
        return new UnigramTokenizer(normalizers, preTokenizers, model, before, after);
    }

    /** The tokens of all bytes; none if one is missing, as the fallback then is not used. */
    private int[] byteTokens() {
        Map<String, Integer> ids = new HashMap<>();
        for (int id = 0; id < pieces.size(); id++) {
            ids.put(pieces.get(id), id);
        }
        int[] tokens = new int[256];
        for (int value = 0; value < tokens.length; value++) {
            Integer id = ids.get("<0x%02X>".formatted(value));
            if (id == null) {
                throw error("model", "has byte_fallback, but no token for the byte %d".formatted(value));
            }
            tokens[value] = id;
        }
        return tokens;
    }

    private void readModel(JsonParser parser) throws IOException {
        require(parser.currentToken() == JsonToken.START_OBJECT, "model", "is no JSON object");
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            String name = parser.currentName();
            JsonToken value = parser.nextToken();
            switch (name) {
                case "type" ->
                    require(
                            "Unigram".equals(parser.getText()),
                            "model.type",
                            "is '" + parser.getText() + "', not Unigram");
                case "unk_id" -> unknown = value == JsonToken.VALUE_NUMBER_INT ? parser.getIntValue() : -1;
                case "byte_fallback" -> hasByteFallback = value == JsonToken.VALUE_TRUE;
                case "vocab" -> readVocabulary(parser);
                default -> parser.skipChildren();
            }
        }
    }

    private void readVocabulary(JsonParser parser) throws IOException {
        require(parser.isExpectedStartArrayToken(), "model.vocab", "is no list of pieces and scores");
        while (parser.nextToken() == JsonToken.START_ARRAY) {
            String piece = parser.nextTextValue();
            boolean isPair = piece != null && parser.nextToken().isNumeric();
            require(isPair, "model.vocab", "has an element " + pieces.size() + " that is no pair of text and number");
            require(pieces.size() < MOST_TOKENS, "model.vocab", "has more than " + MOST_TOKENS + " elements");
            if (pieces.size() == scores.length) {
                scores = Arrays.copyOf(scores, 2 * scores.length);
            }
            scores[pieces.size()] = parser.getDoubleValue();
            pieces.add(piece);
            require(parser.nextToken() == JsonToken.END_ARRAY, "model.vocab", "has an element that goes on");
        }
    }

    /** Special tokens are none that a text could contain, whatever it spells. */
    private void readAddedTokens(JsonParser parser) throws IOException {
        require(parser.isExpectedStartArrayToken(), "added_tokens", "is no list");
        while (parser.nextToken() == JsonToken.START_OBJECT) {
            Fields token = JsonValues.fields("added_tokens", parser);
            if (!token.flag("special")) {
                throw error(
                        "added_tokens",
                        "has '" + token.text("content") + "', which is not special; that is not supported");
            }
            specials.add(token.whole("id"));
        }
    }

    private void readTemplate(Fields fields) {
        String type = fields.text("type");
        switch (type) {
            case "TemplateProcessing" -> readTemplateProcessing(fields);
            case "BertProcessing", "RobertaProcessing" -> {
                before = new int[] {pairId(fields, "cls")};
                after = new int[] {pairId(fields, "sep")};
            }
            default -> throw error("post_processor", "is '" + type + "', which is not supported");
        }
    }

    private static int pairId(Fields fields, String name) {
        List<Integer> numbers = fields.wholes(name);
        require(numbers.size() == 1, "post_processor." + name, "has no id");
        return numbers.getFirst();
    }

    private void readTemplateProcessing(Fields fields) {
        Fields known = fields.object("special_tokens");
        List<Integer> first = new ArrayList<>();
        List<Integer> last = new ArrayList<>();
        int texts = 0;
        for (Fields element : fields.objects("single")) {
            if (element.has("Sequence")) {
                texts++;
                continue;
            }
            String id = element.object("SpecialToken").text("id");
            List<Integer> ids = known.object(id).wholes("ids");
            require(!ids.isEmpty(), "post_processor", "has no ids for '" + id + "'");
            (texts == 0 ? first : last).addAll(ids);
        }
        require(texts == 1, "post_processor.single", "has " + texts + " texts instead of one");
        before = first.stream().mapToInt(Integer::intValue).toArray();
        after = last.stream().mapToInt(Integer::intValue).toArray();
    }

    /** The expression in a {@code pattern}, which is a plain text or a regular expression. */
    static Pattern pattern(String part, Fields pattern) {
        if (pattern.has("String")) {
            return Pattern.compile(Pattern.quote(pattern.text("String")));
        }
        try {
            return Pattern.compile(pattern.text("Regex"));
        } catch (PatternSyntaxException malformed) {
            throw error(part, "has the pattern '" + pattern.text("Regex") + "', which is not supported");
        }
    }

    private static void require(boolean holds, String part, String otherwise) {
        if (!holds) {
            throw error(part, otherwise);
        }
    }
}
