package dev.herd.api.openai;

import com.fasterxml.jackson.databind.JsonNode;
import dev.herd.api.openai.MessageContent.Part;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Fields within messages, parts, tools and options that have no effect, named as {@code messages[].name}. */
final class InnerFields {
    private static final String MESSAGE = "messages[].";
    private static final String PART = MESSAGE + "content[].";
    private static final String TOOL = "tools[].";
    private static final Set<String> FORMAT = Set.of("type", "json_schema", "schema");
    private static final Set<String> NAMED_SCHEMA = Set.of("name", "schema", "strict");

    private InnerFields() {}

    /** Their names, each once. */
    static Stream<String> ignored(ChatCompletionRequest request) {
        Stream<String> options = request.streamOptions() == null
                ? Stream.empty()
                : names("stream_options.", request.streamOptions().others());
        return Stream.of(
                        options,
                        ofFormat(
                                request.others() == null
                                        ? null
                                        : request.others().get("response_format")),
                        request.messages().stream().flatMap(InnerFields::ofMessage),
                        stream(request.tools()).flatMap(InnerFields::ofTool))
                .flatMap(names -> names)
                .distinct();
    }

    private static Stream<String> ofMessage(ChatMessage message) {
        Stream<String> name = message.name() == null ? Stream.empty() : Stream.of(MESSAGE + "name");
        Stream<String> parts = message.content() instanceof MessageContent.Parts(List<Part> all)
                ? all.stream().flatMap(InnerFields::ofPart)
                : Stream.empty();
        return Stream.of(name, names(MESSAGE, message.others()), parts).flatMap(names -> names);
    }

    private static Stream<String> ofPart(Part part) {
        Stream<String> picture = part.imageUrl() == null
                ? Stream.empty()
                : names(PART + "image_url.", part.imageUrl().others());
        Stream<String> video = part.videoUrl() == null
                ? Stream.empty()
                : names(PART + "video_url.", part.videoUrl().others());
        return Stream.of(names(PART, part.others()), picture, video).flatMap(names -> names);
    }

    private static Stream<String> ofTool(ChatTool tool) {
        Stream<String> function = tool.function() == null
                ? Stream.empty()
                : names(TOOL + "function.", tool.function().others());
        return Stream.concat(names(TOOL, tool.others()), function);
    }

    private static Stream<String> ofFormat(@Nullable JsonNode format) {
        if (format == null) {
            return Stream.empty();
        }
        return Stream.concat(
                names("response_format.", format, FORMAT),
                names("response_format.json_schema.", format.path("json_schema"), NAMED_SCHEMA));
    }

    private static Stream<String> names(String path, JsonNode object, Set<String> used) {
        return object.properties().stream()
                .filter(field -> !field.getValue().isNull() && !used.contains(field.getKey()))
                .map(field -> path + field.getKey());
    }

    private static Stream<String> names(String path, @Nullable Map<String, JsonNode> others) {
        return others == null
                ? Stream.empty()
                : others.entrySet().stream()
                        .filter(field -> !field.getValue().isNull())
                        .map(field -> path + field.getKey());
    }

    private static <T> Stream<T> stream(@Nullable List<T> list) {
        return list == null ? Stream.empty() : list.stream();
    }
}
