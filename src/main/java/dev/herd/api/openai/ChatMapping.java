package dev.herd.api.openai;

import dev.herd.api.openai.MessageContent.Parts;
import dev.herd.api.openai.MessageContent.Text;
import dev.herd.chat.Message;
import dev.herd.chat.PromptFormat;
import dev.herd.chat.Role;
import dev.herd.chat.ToolCall;
import dev.herd.engine.SamplingParams;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Turns the fields of a request into what the prompt format and the engine understand. */
public final class ChatMapping {
    private ChatMapping() {}

    /**
     * The conversation.
     *
     * @param media what becomes of pictures and videos
     * @throws ApiException 400 naming the message or part that cannot be shown to the model
     */
    public static List<Message> messages(ChatCompletionRequest request, MediaParts media) {
        List<Message> messages = new ArrayList<>();
        for (int i = 0; i < request.messages().size(); i++) {
            messages.add(message(request.messages().get(i), "messages[" + i + "]", media));
        }
        return messages;
    }

    /**
     * How the prompt ends.
     *
     * @throws ApiException 400 if the two fields that say so contradict each other
     */
    public static PromptFormat.Ending ending(ChatCompletionRequest request) {
        if (request.ending() == PromptFormat.Ending.CONTINUATION
                && Boolean.TRUE.equals(request.addGenerationPrompt())) {
            throw ApiException.invalidValue(
                    "continue_final_message",
                    "'continue_final_message' and 'add_generation_prompt' must not both be true.");
        }
        return request.ending();
    }

    private static Message message(ChatMessage message, String path, MediaParts media) {
        List<ToolCall> calls = ToolMapping.calls(message.toolCalls(), path + ".tool_calls");
        if (!calls.isEmpty() && message.role() != ChatMessage.Role.ASSISTANT) {
            throw ApiException.invalidValue(path + ".tool_calls", "Only an assistant's message has calls.");
        }
        refuse(message.functionCall() != null && !message.functionCall().isNull(), path + ".function_call");
        refuse(message.audio() != null && !message.audio().isNull(), path + ".audio");
        refuse(message.role() == ChatMessage.Role.FUNCTION, path + ".role");
        if (message.role() == ChatMessage.Role.TOOL && message.toolCallId() == null) {
            throw ApiException.invalidRequest(
                    400,
                    "A tool's message needs 'tool_call_id'.",
                    path + ".tool_call_id",
                    "missing_required_parameter");
        }
        return new Message(role(message.role()), parts(message, path, media), calls);
    }

    private static Role role(ChatMessage.Role role) {
        return switch (role) {
            case DEVELOPER, SYSTEM -> Role.SYSTEM;
            case USER -> Role.USER;
            case ASSISTANT -> Role.ASSISTANT;
            case TOOL -> Role.TOOL;
            case FUNCTION -> throw new IllegalArgumentException("refused before");
        };
    }

    private static List<Message.Part> parts(ChatMessage message, String path, MediaParts media) {
        MessageContent content = message.content();
        if (content == null) {
            if (message.role() != ChatMessage.Role.ASSISTANT) {
                throw ApiException.invalidRequest(
                        400, "The message has no content.", path + ".content", "missing_required_parameter");
            }
            return List.of(new Message.Text(message.refusal() == null ? "" : message.refusal()));
        }
        return switch (content) {
            case Text text -> List.of(new Message.Text(text.text()));
            case Parts parts -> ContentParts.of(parts.parts(), message.role(), path + ".content", media);
        };
    }

    private static void refuse(boolean isAskedFor, String path) {
        if (isAskedFor) {
            throw ApiException.unsupportedParameter(path);
        }
    }

    /**
     * How tokens are to be chosen.
     *
     * @param seed taken if the request states none
     * @throws ApiException 400 if a bias names no token
     */
    public static SamplingParams sampling(
            GenerationFields request, SamplingDefaults defaults, int vocabularySize, long seed) {
        if (request.topLogprobs() != null && !request.wantsLogprobs()) {
            throw ApiException.invalidValue("top_logprobs", "'top_logprobs' needs 'logprobs' to be true.");
        }
        return new SamplingParams(
                number(request.temperature(), defaults.temperature(), 1),
                number(request.topP(), defaults.topP(), 1),
                Math.max(0, integer(request.topK(), defaults.topK(), 0)),
                number(request.minP(), null, 0),
                number(request.repetitionPenalty(), null, 1),
                number(request.frequencyPenalty(), null, 0),
                number(request.presencePenalty(), null, 0),
                logitBias(request.logitBias(), vocabularySize),
                request.seed() == null ? seed : request.seed(),
                request.wantsLogprobs() ? integer(request.topLogprobs(), null, 0) : -1);
    }

    private static float number(@Nullable Double requested, @Nullable Float stated, float otherwise) {
        if (requested != null) {
            return requested.floatValue();
        }
        return stated != null ? stated : otherwise;
    }

    private static int integer(@Nullable Integer requested, @Nullable Integer stated, int otherwise) {
        if (requested != null) {
            return requested;
        }
        return stated != null ? stated : otherwise;
    }

    private static Map<Integer, Float> logitBias(@Nullable Map<String, Double> bias, int vocabularySize) {
        Map<Integer, Float> byId = new HashMap<>();
        if (bias != null) {
            bias.forEach((token, value) -> byId.put(tokenId(token, vocabularySize), value.floatValue()));
        }
        return byId;
    }

    private static int tokenId(String token, int vocabularySize) {
        if (token.matches("\\d{1,9}") && Integer.parseInt(token) < vocabularySize) {
            return Integer.parseInt(token);
        }
        throw ApiException.invalidValue("logit_bias", "Keys must be token ids from 0 to " + (vocabularySize - 1) + ".");
    }
}
