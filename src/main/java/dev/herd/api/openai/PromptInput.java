package dev.herd.api.openai;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.JsonDeserializer;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.annotation.JsonDeserialize;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/** What is to be gone on with: a text, a list of texts, a list of token ids, or a list of such lists. */
@JsonDeserialize(using = PromptInput.Reader.class)
@Schema(
        oneOf = {String.class, String[].class, Integer[].class, Integer[][].class},
        description = "A text, a list of texts, a list of token ids, or a list of lists of token ids.")
public sealed interface PromptInput {
    /** Number of prompts. */
    int count();

    /** Texts, in order. */
    record Texts(List<String> texts) implements PromptInput {
        public Texts {
            texts = List.copyOf(texts);
        }

        @Override
        public int count() {
            return texts.size();
        }
    }

    /**
     * Token ids as they are to be computed.
     *
     * @param prompts in order
     * @param isSingle whether the only prompt was given without a list around it
     */
    record TokenIds(List<int[]> prompts, boolean isSingle) implements PromptInput {
        public TokenIds {
            prompts = List.copyOf(prompts);
        }

        @Override
        public int count() {
            return prompts.size();
        }
    }

    /** Tells the four forms apart. */
    final class Reader extends JsonDeserializer<PromptInput> {
        @Override
        public PromptInput deserialize(JsonParser parser, DeserializationContext context) throws IOException {
            if (parser.hasToken(JsonToken.VALUE_STRING)) {
                return new Texts(List.of(parser.getText()));
            }
            JsonNode value = context.readTree(parser);
            if (value.isArray() && isAll(value, JsonNode::isTextual)) {
                List<String> texts = new ArrayList<>();
                value.forEach(text -> texts.add(text.textValue()));
                return new Texts(texts);
            }
            if (value.isArray() && isAll(value, JsonNode::isInt)) {
                return new TokenIds(List.of(ids(value)), true);
            }
            if (value.isArray() && isAll(value, list -> list.isArray() && isAll(list, JsonNode::isInt))) {
                List<int[]> prompts = new ArrayList<>();
                value.forEach(list -> prompts.add(ids(list)));
                return new TokenIds(prompts, false);
            }
            return context.reportInputMismatch(PromptInput.class, "none of the four forms");
        }

        private static boolean isAll(JsonNode list, java.util.function.Predicate<JsonNode> condition) {
            for (JsonNode element : list) {
                if (!condition.test(element)) {
                    return false;
                }
            }
            return true;
        }

        private static int[] ids(JsonNode list) {
            int[] ids = new int[list.size()];
            for (int i = 0; i < ids.length; i++) {
                ids[i] = list.get(i).intValue();
            }
            return ids;
        }
    }
}
