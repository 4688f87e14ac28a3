package dev.herd.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.openai.errors.BadRequestException;
import com.openai.errors.NotFoundException;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.springframework.ai.chat.messages.AssistantMessage;
import org.springframework.ai.chat.messages.Message;
import org.springframework.ai.chat.messages.SystemMessage;
import org.springframework.ai.chat.messages.ToolResponseMessage;
import org.springframework.ai.chat.messages.ToolResponseMessage.ToolResponse;
import org.springframework.ai.chat.messages.UserMessage;
import org.springframework.ai.chat.model.ChatResponse;
import org.springframework.ai.chat.prompt.Prompt;
import org.springframework.ai.content.Media;
import org.springframework.ai.openai.OpenAiChatModel;
import org.springframework.ai.openai.OpenAiChatOptions;
import org.springframework.ai.tool.ToolCallback;
import org.springframework.ai.tool.definition.DefaultToolDefinition;
import org.springframework.ai.tool.definition.ToolDefinition;
import org.springframework.core.io.ByteArrayResource;
import org.springframework.util.MimeTypeUtils;

/** Spring AI's OpenAI client and the packaged server with the built-in model. */
class SpringAiIT {
    private static final HerdProcess HERD = HerdProcess.shared();

    private static OpenAiChatModel model(String name, double temperature) {
        return model(options(HERD).model(name).temperature(temperature).maxTokens(24));
    }

    private static OpenAiChatOptions.Builder options(HerdProcess herd) {
        return OpenAiChatOptions.builder()
                .baseUrl(herd.url() + "/v1")
                .apiKey("none")
                .model("herd-tiny")
                .seed(5)
                .maxRetries(0);
    }

    private static OpenAiChatModel model(OpenAiChatOptions.Builder options) {
        return OpenAiChatModel.builder().options(options.build()).build();
    }

    private static AssistantMessage say(OpenAiChatModel model, Message... messages) {
        return Objects.requireNonNull(model.call(new Prompt(List.of(messages))).getResult())
                .getOutput();
    }

    private static Prompt question() {
        return new Prompt(List.of(new SystemMessage("Be brief."), new UserMessage("Good morning!")));
    }

    @Test
    void streamedAnswerIsTheWholeOne() {
        OpenAiChatModel model = model("herd-tiny", 0);
        ChatResponse whole = model.call(question());

        List<ChatResponse> events =
                Objects.requireNonNull(model.stream(question()).collectList().block(Duration.ofSeconds(60)));

        AssistantMessage message = Objects.requireNonNull(whole.getResult()).getOutput();
        assertThat(message.getText()).isNotEmpty();
        assertThat(events.stream()
                        .filter(event -> event.getResult() != null)
                        .map(event -> event.getResult().getOutput().getText())
                        .filter(text -> text != null)
                        .collect(Collectors.joining()))
                .isEqualTo(message.getText());
        assertThat(whole.getMetadata().getUsage().getCompletionTokens()).isBetween(1, 24);
    }

    @Test
    void forcedToolIsCalledAndItsResultIsTakenBack() {
        UserMessage user = new UserMessage("Weather in Rome?");

        AssistantMessage asked = say(
                model(options(HERD)
                        .maxTokens(60)
                        .temperature(1.0)
                        .toolCallbacks(new Weather())
                        .toolChoice("required")),
                user);

        assertThat(asked.getToolCalls()).isNotEmpty().allSatisfy(call -> {
            assertThat(call.name()).isEqualTo("get_weather");
            assertThat(call.arguments()).startsWith("{\"city\":");
        });
        AssistantMessage answer = say(
                model(options(HERD).maxTokens(4).temperature(0.0)),
                user,
                asked,
                ToolResponseMessage.builder()
                        .responses(asked.getToolCalls().stream()
                                .map(call -> new ToolResponse(call.id(), call.name(), "sunny"))
                                .toList())
                        .build());
        assertThat(answer.getText()).isNotEmpty();
    }

    @Test
    void structuredOutputFollowsItsSchema() throws Exception {
        AssistantMessage answer = say(
                model(
                        options(HERD)
                                .maxTokens(60)
                                .temperature(1.0)
                                .outputSchema(
                                        "{\"type\":\"object\",\"properties\":{\"city\":{\"type\":\"string\"},\"warm\":"
                                                + "{\"type\":\"boolean\"}},\"required\":[\"city\",\"warm\"],\"additionalProperties\":false}")),
                new UserMessage("Weather in Rome?"));

        JsonNode weather = new ObjectMapper().readTree(answer.getText());
        assertThat(weather.path("city").isTextual()).isTrue();
        assertThat(weather.path("warm").isBoolean()).isTrue();
    }

    @Test
    void pictureIsSeen() {
        ChatResponse without = model("herd-tiny", 0).call(new Prompt(new UserMessage("What is this?")));
        ChatResponse with = model("herd-tiny", 0)
                .call(new Prompt(UserMessage.builder()
                        .text("What is this?")
                        .media(new Media(MimeTypeUtils.IMAGE_PNG, new ByteArrayResource(Picture.png())))
                        .build()));

        assertThat(with.getMetadata().getUsage().getPromptTokens())
                .isEqualTo(without.getMetadata().getUsage().getPromptTokens() + Picture.TOKENS);
    }

    @Test
    void clientRetriesWhenTheServerIsFull() {
        HerdProcess.narrow().occupy(Duration.ofMillis(300));

        AssistantMessage answer = say(
                model(options(HerdProcess.narrow())
                        .temperature(0.0)
                        .maxTokens(12)
                        .maxRetries(8)),
                new UserMessage("Good morning!"));

        assertThat(answer.getText()).isNotEmpty();
    }

    /** A tool that the client itself does not call. */
    private static final class Weather implements ToolCallback {
        @Override
        public ToolDefinition getToolDefinition() {
            return DefaultToolDefinition.builder()
                    .name("get_weather")
                    .description("The weather")
                    .inputSchema("{\"type\":\"object\",\"properties\":{\"city\":{\"type\":\"string\"}},"
                            + "\"required\":[\"city\"]}")
                    .build();
        }

        @Override
        public String call(String input) {
            throw new AssertionError("called with " + input);
        }
    }

    @Test
    void errorsArriveAsTheClientsOwn() {
        assertThatExceptionOfType(NotFoundException.class)
                .isThrownBy(() -> model("gpt-9", 0).call(question()));
        assertThatExceptionOfType(BadRequestException.class)
                .isThrownBy(() -> model("herd-tiny", 3).call(question()));
    }
}
