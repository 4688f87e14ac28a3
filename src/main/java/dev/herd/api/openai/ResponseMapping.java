package dev.herd.api.openai;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** A request for a response as the fields of a chat request, which says the same. */
public final class ResponseMapping {
    private static final Pattern MESSAGE = Pattern.compile("messages\\[(\\d+)](.*)");
    private static final Map<String, String> RENAMED = Map.of(
            "max_completion_tokens", "max_output_tokens",
            "response_format", "text.format",
            "messages", "input");

    private final ObjectMapper json;
    private final ObjectNode chat;
    private final ArrayNode messages;
    private final List<String> origins = new ArrayList<>();
    private int firstOfInput;

    private ResponseMapping(ObjectMapper json) {
        this.json = json;
        this.chat = json.createObjectNode();
        this.messages = chat.putArray("messages");
    }

    /**
     * The mapping of a request.
     *
     * @param earlier the chat messages of the turns before
     * @throws ApiException 400 naming what has no counterpart
     */
    public static ResponseMapping of(ResponseRequest request, List<JsonNode> earlier, ObjectMapper json) {
        ResponseMapping mapping = new ResponseMapping(json);
        mapping.addSettings(request);
        if (request.instructions() != null) {
            mapping.add(mapping.message("system").put("content", request.instructions()), "instructions");
        }
        earlier.forEach(message -> mapping.add(message, "previous_response_id"));
        mapping.firstOfInput = mapping.messages.size();
        mapping.addInput(request.input());
        return mapping;
    }

    /** The chat request. */
    public ObjectNode chat() {
        return chat;
    }

    /** The chat messages that a later turn begins with: all but the instructions. */
    public List<JsonNode> conversation() {
        List<JsonNode> conversation = new ArrayList<>();
        for (int i = 0; i < messages.size(); i++) {
            if (!origins.get(i).equals("instructions")) {
                conversation.add(messages.get(i));
            }
        }
        return conversation;
    }

    /** The path in the client's request of a path in the chat request. */
    public String path(String chatPath) {
        Matcher message = MESSAGE.matcher(chatPath);
        if (message.matches()) {
            int index = Integer.parseInt(message.group(1));
            String origin = origins.get(index);
            return index < firstOfInput || origin.equals("input")
                    ? origin
                    : origin
                            + message.group(2)
                                    .replaceFirst("\\.tool_calls\\[\\d+](\\.function)?", "")
                                    .replaceFirst("\\.image_url\\.url$", ".image_url")
                                    .replaceFirst("\\.image_url\\.detail$", ".detail");
        }
        if (chatPath.startsWith("tool")) {
            return chatPath.replaceFirst("\\.function\\b", "");
        }
        return RENAMED.getOrDefault(
                chatPath, chatPath.replaceFirst("^response_format(\\.json_schema)?\\b", "text.format"));
    }

    private void addSettings(ResponseRequest request) {
        if (request.others() != null) {
            request.others().forEach((name, value) -> {
                if (!FieldRules.RESPONSE.unsupported().contains(name) && !chat.has(name)) {
                    chat.set(name, value);
                }
            });
        }
        chat.put("model", request.model());
        chat.put("max_completion_tokens", request.maxOutputTokens());
        chat.put("temperature", request.temperature());
        chat.put("top_p", request.topP());
        chat.put("stream", request.stream());
        if (request.parallelToolCalls() != null) {
            chat.put("parallel_tool_calls", request.parallelToolCalls());
        }
        addTools(request);
        if (request.text() != null && request.text().format() != null) {
            addFormat(request.text().format());
        }
    }

    private void addTools(ResponseRequest request) {
        List<ResponseTool> tools = request.tools();
        if (tools != null && !tools.isEmpty()) {
            ArrayNode mapped = chat.putArray("tools");
            for (int i = 0; i < tools.size(); i++) {
                if (!tools.get(i).type().equals("function")) {
                    throw ApiException.unsupportedParameter("tools[" + i + "].type");
                }
                ObjectNode function = json.valueToTree(tools.get(i));
                function.remove("type");
                mapped.addObject().put("type", "function").set("function", function);
            }
        }
        JsonNode choice = request.toolChoice();
        if (choice != null && !choice.isNull() && !isAutoWithoutTools(choice, tools)) {
            chat.set("tool_choice", choice.isObject() ? choice(choice) : choice);
        }
    }

    /** Clients state the default where there is nothing to choose. */
    private static boolean isAutoWithoutTools(JsonNode choice, @Nullable List<ResponseTool> tools) {
        return choice.asText().equals("auto") && (tools == null || tools.isEmpty());
    }

    private JsonNode choice(JsonNode choice) {
        if (!choice.path("type").asText().equals("allowed_tools")) {
            return named(choice);
        }
        ObjectNode allowed = json.createObjectNode().put("type", "allowed_tools");
        ObjectNode inner = allowed.putObject("allowed_tools");
        copy(choice, "mode", inner, "mode");
        ArrayNode tools = inner.putArray("tools");
        choice.path("tools").forEach(tool -> tools.add(named(tool)));
        return allowed;
    }

    private JsonNode named(JsonNode choice) {
        ObjectNode named = json.createObjectNode();
        copy(choice, "type", named, "type");
        copy(choice, "name", named.putObject("function"), "name");
        return named;
    }

    private void addFormat(ResponseRequest.TextFormat format) {
        ObjectNode mapped = chat.putObject("response_format").put("type", format.type());
        if (format.type().equals("json_schema")) {
            ObjectNode schema = json.valueToTree(format);
            schema.remove("type");
            mapped.set("json_schema", schema);
        }
    }

    private void addInput(JsonNode input) {
        if (input.isTextual()) {
            add(message("user").put("content", input.textValue()), "input");
            return;
        }
        if (!input.isArray()) {
            throw wrongType("input", "a string or an array of items");
        }
        if (input.isEmpty()) {
            throw ApiException.invalidValue("input", "'input' is an empty list.");
        }
        for (int i = 0; i < input.size(); i++) {
            addItem(input.get(i), "input[" + i + "]");
        }
    }

    private void addItem(JsonNode item, String path) {
        if (!item.isObject()) {
            throw wrongType(path, "an object");
        }
        String type = item.path("type").asText("message");
        switch (type) {
            case "message" -> add(said(item, path), path);
            case "function_call" -> addCall(item, path);
            case "function_call_output" -> {
                ObjectNode result = message("tool");
                copy(item, "call_id", result, "tool_call_id");
                result.set("content", content(item.path("output"), path + ".output"));
                add(result, path);
            }
            case "item_reference", "reasoning" -> throw ApiException.unsupportedParameter(path + ".type");
            default -> throw ApiException.invalidValue(path + ".type", "There is no such type of item.");
        }
    }

    private ObjectNode said(JsonNode item, String path) {
        ObjectNode message = json.createObjectNode();
        copy(item, "role", message, "role");
        message.set("content", content(item.path("content"), path + ".content"));
        return message;
    }

    private void addCall(JsonNode item, String path) {
        ObjectNode call = json.createObjectNode().put("type", "function");
        copy(item, "call_id", call, "id");
        ObjectNode function = call.putObject("function");
        copy(item, "name", function, "name");
        copy(item, "arguments", function, "arguments");
        JsonNode last = messages.get(messages.size() - 1);
        if (messages.size() > firstOfInput && last != null && last.has("tool_calls")) {
            ((ArrayNode) last.get("tool_calls")).add(call);
            return;
        }
        ObjectNode message = message("assistant").putNull("content");
        message.putArray("tool_calls").add(call);
        add(message, path);
    }

    private JsonNode content(JsonNode content, String path) {
        if (!content.isArray()) {
            return content.isMissingNode() ? json.nullNode() : content;
        }
        ArrayNode parts = json.createArrayNode();
        for (int i = 0; i < content.size(); i++) {
            parts.add(part(content.get(i), path + "[" + i + "]"));
        }
        return parts;
    }

    private JsonNode part(JsonNode part, String path) {
        return switch (part.path("type").asText("")) {
            case "input_text", "output_text" -> {
                ObjectNode text = json.createObjectNode().put("type", "text");
                copy(part, "text", text, "text");
                yield text;
            }
            case "input_image" -> {
                if (part.hasNonNull("file_id")) {
                    throw ApiException.unsupportedParameter(path + ".file_id");
                }
                ObjectNode image = json.createObjectNode().put("type", "image_url");
                ObjectNode url = image.putObject("image_url");
                copy(part, "image_url", url, "url");
                copy(part, "detail", url, "detail");
                yield image;
            }
            case "input_file", "input_audio" -> throw ApiException.unsupportedParameter(path + ".type");
            default -> part;
        };
    }

    private static void copy(JsonNode from, String name, ObjectNode to, String otherName) {
        if (from.has(name)) {
            to.set(otherName, from.get(name));
        }
    }

    private ObjectNode message(String role) {
        return json.createObjectNode().put("role", role);
    }

    private void add(JsonNode message, String origin) {
        messages.add(message);
        origins.add(origin);
    }

    private static ApiException wrongType(String path, String expected) {
        return ApiException.invalidRequest(400, "'" + path + "' must be " + expected + ".", path, "invalid_type");
    }
}
