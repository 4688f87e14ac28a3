package dev.herd.chat;

import dev.herd.chat.Message.Part;
import dev.herd.chat.Message.Text;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** How Llama 4's chat template tells the model of functions, and of the calls that it has asked for before. */
final class ToolPrompt {
    static final String PYTHON_START = "<|python_start|>";
    static final String PYTHON_END = "<|python_end|>";

    private static final String ENVIRONMENT = "Environment: ipython\n";
    private static final String FORMAT =
            "Respond in the format {\"name\": function name, \"parameters\": dictionary of argument name and its value}."
                    + "Do not use variables.\n\n";
    private static final String IN_USER_MESSAGE =
            "Given the following functions, please respond with a JSON for a function call with its proper arguments"
                    + " that best answers the given prompt.\n\n" + FORMAT;
    private static final String IN_SYSTEM_MESSAGE =
            "You have access to the following functions. To call a function, please respond with JSON for a function"
                    + " call." + FORMAT;

    private ToolPrompt() {}

    /** The conversation with the definitions of {@code tools} put where the template puts them. */
    static List<Message> introduce(List<Message> conversation, List<ToolDefinition> tools) {
        if (tools.isEmpty()) {
            return conversation;
        }
        List<Message> messages = new ArrayList<>(conversation);
        int user = IntStream.range(0, messages.size())
                .filter(index -> messages.get(index).role() == Role.USER)
                .findFirst()
                .orElse(-1);
        boolean hasSystem = !messages.isEmpty() && messages.getFirst().role() == Role.SYSTEM;
        if (user >= 0) {
            messages.set(user, before(IN_USER_MESSAGE + definitions(tools), messages.get(user)));
        } else if (!hasSystem) {
            messages.addFirst(new Message(Role.SYSTEM, ENVIRONMENT + IN_SYSTEM_MESSAGE + definitions(tools)));
        }
        if (hasSystem) {
            String introduction = user >= 0 ? "" : IN_SYSTEM_MESSAGE + definitions(tools);
            messages.set(0, before(ENVIRONMENT + introduction, messages.getFirst()));
        }
        return messages;
    }

    /** Calls as the model is to have written them. */
    static String calls(List<ToolCall> calls) {
        return calls.stream()
                .map(call -> "{\"name\": " + TemplateText.json(call.name()) + ", \"parameters\": "
                        + JsonText.spaced(call.arguments()).orElseGet(() -> TemplateText.json(call.arguments())) + "}")
                .collect(Collectors.joining());
    }

    /** {@code message} with {@code introduction} before it; text that is all of a message is trimmed. */
    private static Message before(String introduction, Message message) {
        boolean isText = message.parts().stream().allMatch(Text.class::isInstance);
        List<Part> parts = new ArrayList<>();
        parts.add(new Text(isText ? introduction + TemplateText.trim(message.text()) : introduction));
        if (!isText) {
            parts.addAll(message.parts());
        }
        return new Message(message.role(), parts);
    }

    private static String definitions(List<ToolDefinition> tools) {
        return tools.stream()
                .map(tool -> JsonText.indented(tool.json())
                                .orElseThrow(() -> new IllegalArgumentException(
                                        "The definition of the tool " + tool.name() + " is no JSON."))
                        + "\n\n")
                .collect(Collectors.joining());
    }
}
