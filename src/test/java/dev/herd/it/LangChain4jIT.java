package dev.herd.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.agent.tool.ToolSpecification;
import dev.langchain4j.data.message.ChatMessage;
import dev.langchain4j.data.message.ImageContent;
import dev.langchain4j.data.message.SystemMessage;
import dev.langchain4j.data.message.TextContent;
import dev.langchain4j.data.message.ToolExecutionResultMessage;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.exception.InvalidRequestException;
import dev.langchain4j.exception.ModelNotFoundException;
import dev.langchain4j.model.chat.ChatModel;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.request.ResponseFormat;
import dev.langchain4j.model.chat.request.ResponseFormatType;
import dev.langchain4j.model.chat.request.ToolChoice;
import dev.langchain4j.model.chat.request.json.JsonObjectSchema;
import dev.langchain4j.model.chat.request.json.JsonSchema;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import dev.langchain4j.model.openai.OpenAiChatModel;
import dev.langchain4j.model.openai.OpenAiStreamingChatModel;
import dev.langchain4j.model.output.FinishReason;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** LangChain4j's OpenAI client and the packaged server with the built-in model. */
class LangChain4jIT {
    private static final HerdProcess HERD = HerdProcess.shared();
    private static final ToolSpecification WEATHER = ToolSpecification.builder()
            .name("get_weather")
            .description("The weather")
            .parameters(JsonObjectSchema.builder()
                    .addStringProperty("city")
                    .required("city")
                    .build())
            .build();

    private static ChatModel model(String name, double temperature) {
        return model(HERD, name, temperature, 0);
    }

    private static ChatModel model(HerdProcess herd, String name, double temperature, int retries) {
        return OpenAiChatModel.builder()
                .baseUrl(herd.url() + "/v1")
                .apiKey("none")
                .modelName(name)
                .temperature(temperature)
                .seed(5)
                .maxTokens(60)
                .maxRetries(retries)
                .build();
    }

    private static OpenAiStreamingChatModel streaming(double temperature) {
        return OpenAiStreamingChatModel.builder()
                .baseUrl(HERD.url() + "/v1")
                .apiKey("none")
                .modelName("herd-tiny")
                .temperature(temperature)
                .seed(5)
                .maxTokens(60)
                .build();
    }

    private static ChatRequest question() {
        return ChatRequest.builder()
                .messages(SystemMessage.from("Be brief."), UserMessage.from("Good morning!"))
                .build();
    }

    @Test
    void streamedAnswerIsTheWholeOne() throws Exception {
        ChatResponse whole = model("herd-tiny", 0).chat(question());
        Collector collector = new Collector();

        streaming(0).chat(question(), collector);
        ChatResponse streamed = collector.complete.get(60, TimeUnit.SECONDS);

        assertThat(whole.aiMessage().text()).isNotEmpty();
        assertThat(String.join("", collector.parts)).isEqualTo(whole.aiMessage().text());
        assertThat(streamed.aiMessage().text()).isEqualTo(whole.aiMessage().text());
        assertThat(streamed.finishReason()).isEqualTo(whole.finishReason());
        assertThat(streamed.tokenUsage()).isEqualTo(whole.tokenUsage());
    }

    @Test
    void forcedToolIsCalledAndItsResultIsTakenBack() throws Exception {
        UserMessage user = UserMessage.from("Weather in Rome?");
        ChatRequest forced = ChatRequest.builder()
                .messages(user)
                .toolSpecifications(WEATHER)
                .toolChoice(ToolChoice.REQUIRED)
                .build();
        ChatResponse answer = model("herd-tiny", 1).chat(forced);
        Collector collector = new Collector();
        streaming(1).chat(forced, collector);

        assertThat(arguments(collector.complete.get(60, TimeUnit.SECONDS))).isEqualTo(arguments(answer));
        ToolExecutionRequest call = answer.aiMessage().toolExecutionRequests().getFirst();
        assertThat(call.name()).isEqualTo("get_weather");
        assertThat(call.id()).startsWith("call_");
        assertThat(call.arguments()).startsWith("{\"city\":");
        List<ChatMessage> messages = new ArrayList<>(List.of(user, answer.aiMessage()));
        answer.aiMessage()
                .toolExecutionRequests()
                .forEach(each -> messages.add(ToolExecutionResultMessage.from(each, "sunny")));
        ChatResponse next = model("herd-tiny", 0)
                .chat(ChatRequest.builder()
                        .messages(messages)
                        .toolSpecifications(WEATHER)
                        .build());
        assertThat(next.finishReason()).isIn(FinishReason.STOP, FinishReason.LENGTH, FinishReason.TOOL_EXECUTION);
    }

    private static List<String> arguments(ChatResponse answer) {
        return answer.aiMessage().toolExecutionRequests().stream()
                .map(ToolExecutionRequest::arguments)
                .toList();
    }

    @Test
    void structuredOutputFollowsItsSchema() throws Exception {
        ChatResponse answer = model("herd-tiny", 1)
                .chat(ChatRequest.builder()
                        .messages(UserMessage.from("Weather in Rome?"))
                        .responseFormat(ResponseFormat.builder()
                                .type(ResponseFormatType.JSON)
                                .jsonSchema(JsonSchema.builder()
                                        .name("weather")
                                        .rootElement(JsonObjectSchema.builder()
                                                .addStringProperty("city")
                                                .addBooleanProperty("warm")
                                                .required("city", "warm")
                                                .build())
                                        .build())
                                .build())
                        .build());

        JsonNode weather = new ObjectMapper().readTree(answer.aiMessage().text());
        assertThat(weather.path("city").isTextual()).isTrue();
        assertThat(weather.path("warm").isBoolean()).isTrue();
    }

    @Test
    void pictureIsSeen() {
        ChatResponse without = model("herd-tiny", 0).chat(UserMessage.from("What is this?"));
        ChatResponse with = model("herd-tiny", 0)
                .chat(UserMessage.from(
                        TextContent.from("What is this?"), ImageContent.from(Picture.BASE64, "image/png")));

        assertThat(with.tokenUsage().inputTokenCount())
                .isEqualTo(without.tokenUsage().inputTokenCount() + Picture.TOKENS);
    }

    @Test
    void clientRetriesWhenTheServerIsFull() {
        HerdProcess.narrow().occupy(Duration.ofMillis(300));

        ChatResponse answer = model(HerdProcess.narrow(), "herd-tiny", 0, 8).chat(question());

        assertThat(answer.aiMessage().text()).isNotEmpty();
    }

    @Test
    void errorsArriveAsTheClientsOwn() {
        assertThatExceptionOfType(ModelNotFoundException.class)
                .isThrownBy(() -> model("gpt-9", 0).chat(question()));
        assertThatExceptionOfType(InvalidRequestException.class)
                .isThrownBy(() -> model("herd-tiny", 3).chat(question()));
    }

    /** Remembers what a stream brings. */
    private static final class Collector implements StreamingChatResponseHandler {
        private final List<String> parts = new ArrayList<>();
        private final CompletableFuture<ChatResponse> complete = new CompletableFuture<>();

        @Override
        public void onPartialResponse(String part) {
            parts.add(part);
        }

        @Override
        public void onCompleteResponse(ChatResponse response) {
            complete.complete(response);
        }

        @Override
        public void onError(Throwable error) {
            complete.completeExceptionally(error);
        }
    }
}
