package dev.herd.api.openai;

import com.fasterxml.jackson.annotation.JsonAnySetter;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import jakarta.validation.constraints.NotNull;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/**
 * Body of {@code POST /v1/moderations}.
 *
 * @param input a string, a list of strings, each of which has a result, or a list of parts, which have one together
 * @param model which guard; null or a name of OpenAI's for the server's own choice
 */
@JsonNaming(SnakeCaseStrategy.class)
public record ModerationRequest(
        @NotNull
        @Schema(
                implementation = Object.class,
                oneOf = {String.class, String[].class, MessageContent.Part[].class},
                description = "A string, a list of strings, or a list of text and image_url parts.")
        JsonNode input,

        @Nullable
        @Schema(description = "Name of a guard; absent, or a name of OpenAI's, for the one that the server has chosen.")
        String model,

        @JsonAnySetter @Nullable @Schema(hidden = true) Map<String, JsonNode> others) {
    private static final int MOST_INPUTS = 64;

    /**
     * What one result is about.
     *
     * @param images addresses of pictures
     */
    public record Item(String text, List<String> images) {
        public Item {
            images = List.copyOf(images);
        }
    }

    /**
     * What is to be judged, one result each.
     *
     * @throws ApiException 400 if the input is none of the forms
     */
    public List<Item> items() {
        if (input.isTextual()) {
            return List.of(new Item(input.textValue(), List.of()));
        }
        if (!input.isArray() || input.isEmpty()) {
            throw ApiException.invalidValue("input", "The input must be a string or a list that is not empty.");
        }
        if (input.size() > MOST_INPUTS) {
            throw ApiException.invalidValue("input", "The input has more than " + MOST_INPUTS + " elements.");
        }
        return input.get(0).isTextual() ? texts() : List.of(parts());
    }

    private List<Item> texts() {
        List<Item> items = new ArrayList<>();
        for (int i = 0; i < input.size(); i++) {
            if (!input.get(i).isTextual()) {
                throw ApiException.invalidValue("input[" + i + "]", "All elements of the list must be strings.");
            }
            items.add(new Item(input.get(i).textValue(), List.of()));
        }
        return items;
    }

    private Item parts() {
        List<String> texts = new ArrayList<>();
        List<String> images = new ArrayList<>();
        for (int i = 0; i < input.size(); i++) {
            String path = "input[" + i + "]";
            JsonNode part = input.get(i);
            switch (part.path("type").asText()) {
                case "text" -> texts.add(required(part.path("text"), path + ".text"));
                case "image_url" -> images.add(required(part.path("image_url").path("url"), path + ".image_url.url"));
                default -> throw ApiException.invalidValue(path + ".type", "A part is either text or image_url.");
            }
        }
        return new Item(String.join("\n", texts), images);
    }

    private static String required(JsonNode value, String path) {
        if (!value.isTextual()) {
            throw ApiException.invalidRequest(400, "The part has no such string.", path, "missing_required_parameter");
        }
        return value.textValue();
    }
}
