package dev.herd.api.openai;

import dev.herd.chat.ToolDefinition;
import java.util.List;

/**
 * The tools that a request offers to the model.
 *
 * @param isForced whether the answer must consist of calls
 * @param isParallel whether it may have several of them
 */
public record ToolOffer(List<Tool> tools, boolean isForced, boolean isParallel) {
    /** No tools. */
    public static final ToolOffer NONE = new ToolOffer(List.of(), false, true);

    public ToolOffer {
        tools = List.copyOf(tools);
    }

    /** What the model is told of them. */
    public List<ToolDefinition> definitions() {
        return tools.stream().map(Tool::definition).toList();
    }

    /**
     * A function on offer.
     *
     * @param path where that schema stands in the request
     * @param schema JSON schema of its arguments
     * @param isStrict whether the arguments must fulfil it
     */
    public record Tool(ToolDefinition definition, String path, String schema, boolean isStrict) {}
}
