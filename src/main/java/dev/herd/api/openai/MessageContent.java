package dev.herd.api.openai;

import com.fasterxml.jackson.annotation.JsonAnySetter;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.JsonDeserializer;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonDeserialize;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import jakarta.validation.Valid;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.NotNull;
import java.io.IOException;
import java.util.List;
import java.util.Map;
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
     * @param type {@code text}; {@code image_url} and {@code video_url} in messages of users and tools; {@code refusal}
     *     in an assistant's message; others are refused
     * @param others fields without effect
     */
    @JsonNaming(SnakeCaseStrategy.class)
    @Schema(name = "ContentPart")
    record Part(
            @NotNull @Schema(examples = "text") String type,
            @Nullable String text,
            @Nullable String refusal,
            @Nullable @Valid ImageUrl imageUrl,
            @Nullable @Valid VideoUrl videoUrl,
            @JsonAnySetter @Nullable @Schema(hidden = true) Map<String, JsonNode> others) {}

    /**
     * Where a picture is.
     *
     * @param detail default: {@code auto}, which is {@code high}
     * @param others fields without effect
     */
    record ImageUrl(
            @NotNull @Schema(description = "A data: address or, where the server fetches, an https: address.")
            String url,

            @Nullable @Schema(description = "low is one tile of the whole picture; auto is high.")
            Detail detail,

            @JsonAnySetter @Nullable @Schema(hidden = true) Map<String, JsonNode> others) {}

    /**
     * Where a video is.
     *
     * @param frames extension; how many frames are shown, evenly spaced; default: 8, and all of a list of pictures
     * @param detail extension; default: {@code auto}, which is one tile per frame
     * @param others fields without effect
     */
    @Schema(description = "Extension: a video, shown as some of its frames.")
    record VideoUrl(
            @NotNull
            @Schema(
                    description = "A data: or https: address of an MP4 or WebM file, or data:video/jpeg;base64, with"
                            + " pictures separated by commas, which are the frames.")
            String url,

            @Nullable @Min(1) @Max(48) @Schema(description = "How many frames, evenly spaced; 8 unless stated.")
            Integer frames,

            @Nullable @Schema(description = "auto and low are one tile per frame; high is as for a picture.")
            Detail detail,

            @JsonAnySetter @Nullable @Schema(hidden = true) Map<String, JsonNode> others) {}

    /** How closely the model looks. */
    @Schema(name = "ImageDetail")
    enum Detail {
        @JsonProperty("low")
        LOW,
        @JsonProperty("high")
        HIGH,
        @JsonProperty("auto")
        AUTO
    }

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
