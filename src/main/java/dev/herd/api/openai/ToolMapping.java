package dev.herd.api.openai;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.herd.chat.ToolCall;
import dev.herd.chat.ToolDefinition;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Turns tools, the choice among them and past calls into what the prompt format understands. */
final class ToolMapping {
    private static final String CHOICE = "tool_choice";
    private static final String FUNCTION = "function";

    private ToolMapping() {}

    /**
     * What a request offers.
     *
     * @throws ApiException 400 naming the tool or choice that cannot be served
     */
    static ToolOffer offer(ChatCompletionRequest request) {
        List<ToolOffer.Tool> tools = tools(request.tools() == null ? List.of() : request.tools());
        boolean isParallel = !Boolean.FALSE.equals(request.parallelToolCalls());
        JsonNode choice = request.toolChoice();
        if (choice == null || choice.isNull()) {
            return new ToolOffer(tools, false, isParallel);
        }
        if (choice.isTextual()) {
            return choose(choice.textValue(), CHOICE, tools, isParallel);
        }
        if (!choice.isObject()) {
            throw ApiException.invalidRequest(
                    400, "'tool_choice' must be a string or an object.", CHOICE, "invalid_type");
        }
        return switch (text(choice, "type", CHOICE)) {
            case FUNCTION -> {
                String name = text(choice.path(FUNCTION), "name", CHOICE + ".function");
                yield new ToolOffer(only(Set.of(name), tools, CHOICE + ".function.name"), true, false);
            }
            case "allowed_tools" -> {
                JsonNode allowed = choice.path("allowed_tools");
                String path = CHOICE + ".allowed_tools";
                yield choose(text(allowed, "mode", path), path + ".mode", allowed(allowed, path, tools), isParallel);
            }
            case "custom" -> throw ApiException.unsupportedParameter(CHOICE + ".type");
            default ->
                throw ApiException.invalidValue(
                        CHOICE + ".type", "'tool_choice.type' must be function or allowed_tools.");
        };
    }

    private static ToolOffer choose(String mode, String path, List<ToolOffer.Tool> tools, boolean isParallel) {
        return switch (mode) {
            case "none" -> ToolOffer.NONE;
            case "auto" -> new ToolOffer(tools, false, isParallel);
            case "required" -> {
                if (tools.isEmpty()) {
                    throw ApiException.invalidValue(path, "'" + path + "' is required, but there are no tools.");
                }
                yield new ToolOffer(tools, true, isParallel);
            }
            default -> throw ApiException.invalidValue(path, "'" + path + "' must be one of none, auto, required.");
        };
    }

    private static List<ToolOffer.Tool> allowed(JsonNode allowed, String path, List<ToolOffer.Tool> tools) {
        Set<String> names = new HashSet<>();
        JsonNode listed = allowed.path("tools");
        if (listed.isMissingNode() || listed.isNull()) {
            throw missing(path + ".tools");
        }
        if (!listed.isArray()) {
            throw ApiException.invalidRequest(
                    400, "'" + path + ".tools' must be an array.", path + ".tools", "invalid_type");
        }
        for (int i = 0; i < listed.size(); i++) {
            String tool = path + ".tools[" + i + "]";
            names.add(text(listed.path(i).path(FUNCTION), "name", tool + ".function"));
        }
        return only(names, tools, path + ".tools");
    }

    private static List<ToolOffer.Tool> only(Set<String> names, List<ToolOffer.Tool> tools, String path) {
        List<ToolOffer.Tool> chosen = tools.stream()
                .filter(tool -> names.contains(tool.definition().name()))
                .toList();
        if (chosen.size() < names.size()) {
            throw ApiException.invalidValue(path, "'" + path + "' names a function that is not among the tools.");
        }
        return chosen;
    }

    private static List<ToolOffer.Tool> tools(List<ChatTool> tools) {
        List<ToolOffer.Tool> offered = new ArrayList<>();
        Set<String> names = new HashSet<>();
        for (int i = 0; i < tools.size(); i++) {
            String path = "tools[" + i + "]";
            ChatTool.Function function = function(tools.get(i), path);
            if (!names.add(function.name())) {
                throw ApiException.invalidValue(
                        path + ".function.name", "There are two tools of the name '" + function.name() + "'.");
            }
            offered.add(tool(function, path + ".function.parameters"));
        }
        return offered;
    }

    private static ChatTool.Function function(ChatTool tool, String path) {
        if (tool.type().equals("custom")) {
            throw ApiException.unsupportedParameter(path + ".type");
        }
        if (!tool.type().equals(FUNCTION)) {
            throw ApiException.invalidValue(path + ".type", "'" + path + ".type' must be function.");
        }
        if (tool.function() == null) {
            throw missing(path + ".function");
        }
        return tool.function();
    }

    private static ToolOffer.Tool tool(ChatTool.Function function, String path) {
        JsonNodeFactory nodes = JsonNodeFactory.instance;
        ObjectNode parameters = function.parameters() == null ? noParameters() : function.parameters();
        ObjectNode schema = parameters.hasNonNull("type")
                ? parameters
                : parameters.deepCopy().put("type", "object");
        if (!schema.path("type").asText().equals("object")) {
            throw ApiException.invalidValue(path + ".type", "The parameters of a function must be of type object.");
        }
        ObjectNode shown = nodes.objectNode().put("name", function.name());
        if (function.description() != null) {
            shown.put("description", function.description());
        }
        shown.set("parameters", parameters);
        ObjectNode tool = nodes.objectNode().put("type", FUNCTION);
        tool.set(FUNCTION, shown);
        List<String> names = new ArrayList<>();
        parameters.path("properties").fieldNames().forEachRemaining(names::add);
        return new ToolOffer.Tool(
                new ToolDefinition(function.name(), names, tool.toString()),
                path,
                schema.toString(),
                Boolean.TRUE.equals(function.strict()));
    }

    private static ObjectNode noParameters() {
        ObjectNode schema = JsonNodeFactory.instance.objectNode().put("type", "object");
        schema.putObject("properties");
        return schema.put("additionalProperties", false);
    }

    /**
     * The calls of a past message.
     *
     * @throws ApiException 400 if one is of no function
     */
    static List<ToolCall> calls(@Nullable List<ChatToolCall> calls, String path) {
        List<ToolCall> made = new ArrayList<>();
        for (int i = 0; calls != null && i < calls.size(); i++) {
            ChatToolCall call = calls.get(i);
            if (!call.type().equals(FUNCTION)) {
                throw ApiException.unsupportedParameter(path + "[" + i + "].type");
            }
            made.add(new ToolCall(call.function().name(), call.function().arguments()));
        }
        return made;
    }

    private static String text(JsonNode object, String member, String path) {
        JsonNode value = object.path(member);
        if (!value.isTextual()) {
            throw value.isMissingNode() || value.isNull()
                    ? missing(path + "." + member)
                    : ApiException.invalidRequest(
                            400,
                            "'" + path + "." + member + "' must be a string.",
                            path + "." + member,
                            "invalid_type");
        }
        return value.textValue();
    }

    private static ApiException missing(String path) {
        return ApiException.invalidRequest(400, "'" + path + "' is missing.", path, "missing_required_parameter");
    }
}
