package dev.herd.chat;

import java.util.List;

/**
 * A function that the model may ask to be called.
 *
 * @param name what calls name it
 * @param parameterNames its parameters in their declared order; gives arguments without a name their place
 * @param json the definition as a JSON object, which the model is shown
 */
public record ToolDefinition(String name, List<String> parameterNames, String json) {
    public ToolDefinition {
        parameterNames = List.copyOf(parameterNames);
    }
}
