package dev.herd.api.openai;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.JsonDeserializer;
import com.fasterxml.jackson.databind.annotation.JsonDeserialize;
import jakarta.validation.Valid;
import jakarta.validation.constraints.NotNull;
import java.io.IOException;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/** What a message says: a string, or a list of parts. */
@JsonDeserialize(using = MessageContent.Reader.class)
@Schema(
        oneOf = {String.class, MessageContent.Part[].class},
        description = "A string, or a list of content parts.")
public sealed interface MessageContent {
    /** A plain string. */
    record Text(String text) implements MessageContent {}

    /** Content parts, in order. */
    @JsonDeserialize
    record Parts(List<@NotNull @Valid Part> parts) implements MessageContent {
        public Parts {
            parts = java.util.Collections.unmodifiableList(parts);
        }
    }

    /**
     * One part of a message.
     *
     * @param type {@code text}, or {@code refusal} in an assistant's message; others are refused
     */
    @Schema(name = "ContentPart")
    record Part(
            @NotNull @Schema(examples = "text") String type,
            @Nullable String text,
            @Nullable String refusal) {}

    /** Tells a string from a list. */
    final class Reader extends JsonDeserializer<MessageContent> {
        @Override
        public MessageContent deserialize(JsonParser parser, DeserializationContext context) throws IOException {
            if (parser.hasToken(JsonToken.VALUE_STRING)) {
                return new Text(parser.getText());
            }
            if (parser.hasToken(JsonToken.START_ARRAY)) {
                return new Parts(List.of(context.readValue(parser, Part[].class)));
            }
            return context.reportInputMismatch(MessageContent.class, "neither a string nor an array");
        }
    }
}
