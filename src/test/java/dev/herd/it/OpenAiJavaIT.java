package dev.herd.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.JsonValue;
import com.openai.core.http.StreamResponse;
import com.openai.errors.BadRequestException;
import com.openai.errors.NotFoundException;
import com.openai.helpers.ChatCompletionAccumulator;
import com.openai.models.chat.completions.ChatCompletion;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionContentPart;
import com.openai.models.chat.completions.ChatCompletionContentPartImage;
import com.openai.models.chat.completions.ChatCompletionContentPartText;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.chat.completions.ChatCompletionMessageFunctionToolCall;
import com.openai.models.chat.completions.ChatCompletionStreamOptions;
import com.openai.models.chat.completions.ChatCompletionToolChoiceOption;
import com.openai.models.chat.completions.ChatCompletionToolMessageParam;
import com.openai.models.chat.completions.StructuredChatCompletion;
import com.openai.models.models.Model;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import javax.imageio.ImageIO;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** OpenAI's Java client and the packaged server with the built-in model. */
class OpenAiJavaIT {
    private static final HerdProcess HERD = HerdProcess.shared();
    private static final OpenAIClient CLIENT = OpenAIOkHttpClient.builder()
            .baseUrl(HERD.url() + "/v1")
            .apiKey("none")
            .maxRetries(0)
            .build();

    @BeforeAll
    static void isLive() {
        assertThat(HERD.statusOrZero("/q/health/live")).isEqualTo(200);
    }

    @AfterAll
    static void stop() {
        CLIENT.close();
    }

    @Test
    void wholeAnswerIsValid() {
        ChatCompletion answer = CLIENT.chat().completions().create(question().build());

        answer.validate();
        assertThat(answer.choices()).hasSize(1);
        assertThat(answer.choices().getFirst().message().content()).isPresent();
        assertThat(answer.usage().orElseThrow().completionTokens()).isBetween(1L, 12L);
    }

    @Test
    void partsAndSeveralChoicesAreUnderstood() {
        ChatCompletion answer = CLIENT.chat()
                .completions()
                .create(ChatCompletionCreateParams.builder()
                        .model("herd-tiny")
                        .maxCompletionTokens(4)
                        .temperature(0)
                        .putAdditionalBodyProperty("seed", JsonValue.from(5))
                        .n(2)
                        .logprobs(true)
                        .topLogprobs(3)
                        .addUserMessageOfArrayOfContentParts(
                                List.of(ChatCompletionContentPart.ofText(ChatCompletionContentPartText.builder()
                                        .text("Good morning!")
                                        .build())))
                        .build());

        answer.validate();
        assertThat(answer.choices()).hasSize(2);
        assertThat(answer.choices().get(0).message().content())
                .isEqualTo(answer.choices().get(1).message().content());
        assertThat(answer.choices().get(0).logprobs()).isPresent();
    }

    @Test
    void streamAccumulatesToTheWholeAnswer() {
        ChatCompletion whole = CLIENT.chat().completions().create(question().build());
        ChatCompletionAccumulator accumulator = ChatCompletionAccumulator.create();
        List<ChatCompletionChunk> events = new ArrayList<>();

        try (StreamResponse<ChatCompletionChunk> stream = CLIENT.chat()
                .completions()
                .createStreaming(question()
                        .streamOptions(ChatCompletionStreamOptions.builder()
                                .includeUsage(true)
                                .build())
                        .build())) {
            stream.stream().peek(accumulator::accumulate).forEach(events::add);
        }

        events.forEach(ChatCompletionChunk::validate);
        ChatCompletion streamed = accumulator.chatCompletion();
        assertThat(streamed.choices().getFirst().message().content())
                .isEqualTo(whole.choices().getFirst().message().content());
        assertThat(streamed.choices().getFirst().finishReason())
                .isEqualTo(whole.choices().getFirst().finishReason());
        assertThat(streamed.usage()).isEqualTo(whole.usage());
    }

    @Test
    void conversationAboutTwoPicturesEncodesThemOnce() {
        double misses = HERD.metric("herd_image_cache_misses_total");
        ChatCompletionCreateParams.Builder conversation = ChatCompletionCreateParams.builder()
                .model("herd-tiny")
                .temperature(0)
                .maxCompletionTokens(4)
                .addUserMessageOfArrayOfContentParts(
                        List.of(picture(60, 40, 0xC81E1E), text(" or "), picture(400, 300, 0x1E1EC8), text("?")));

        double tiles = 0;
        for (String question : List.of("Which is larger?", "Which is red?", "")) {
            ChatCompletionAccumulator accumulator = ChatCompletionAccumulator.create();
            try (StreamResponse<ChatCompletionChunk> stream = CLIENT.chat()
                    .completions()
                    .createStreaming(conversation
                            .streamOptions(ChatCompletionStreamOptions.builder()
                                    .includeUsage(true)
                                    .build())
                            .build())) {
                stream.stream().forEach(accumulator::accumulate);
            }
            ChatCompletion answer = accumulator.chatCompletion();
            assertThat(answer.usage()
                            .orElseThrow()
                            .promptTokensDetails()
                            .orElseThrow()
                            .imageTokens())
                    .contains(147L + 147 + 2 * 145);
            tiles = tiles == 0 ? HERD.metric("herd_image_tiles_total") : tiles;
            conversation
                    .addAssistantMessage(
                            answer.choices().getFirst().message().content().orElseThrow())
                    .addUserMessageOfArrayOfContentParts(List.of(text(question)));
        }

        assertThat(HERD.metric("herd_image_cache_misses_total")).isEqualTo(misses + 2);
        assertThat(HERD.metric("herd_image_tiles_total")).isEqualTo(tiles);
    }

    private static ChatCompletionContentPart text(String text) {
        return ChatCompletionContentPart.ofText(
                ChatCompletionContentPartText.builder().text(text).build());
    }

    private static ChatCompletionContentPart picture(int width, int height, int colour) {
        BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                image.setRGB(x, y, colour);
            }
        }
        ByteArrayOutputStream png = new ByteArrayOutputStream();
        try {
            ImageIO.write(image, "png", png);
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
        String url = "data:image/png;base64," + Base64.getEncoder().encodeToString(png.toByteArray());
        return ChatCompletionContentPart.ofImageUrl(ChatCompletionContentPartImage.builder()
                .imageUrl(ChatCompletionContentPartImage.ImageUrl.builder()
                        .url(url)
                        .detail(ChatCompletionContentPartImage.ImageUrl.Detail.HIGH)
                        .build())
                .build());
    }

    @Test
    void errorsArriveAsTheClientsOwn() {
        assertThatExceptionOfType(NotFoundException.class)
                .isThrownBy(() -> CLIENT.chat()
                        .completions()
                        .create(question().model("gpt-9").build()))
                .satisfies(error -> assertThat(error.code()).contains("model_not_found"));
        assertThatExceptionOfType(BadRequestException.class)
                .isThrownBy(() -> CLIENT.chat()
                        .completions()
                        .create(question().temperature(2.5).build()))
                .satisfies(error -> assertThat(error.param()).contains("temperature"));
    }

    @Test
    void forcedToolIsCalledWholeAndStreamed() {
        ChatCompletionCreateParams params = ChatCompletionCreateParams.builder()
                .model("herd-tiny")
                .putAdditionalBodyProperty("seed", JsonValue.from(3))
                .maxCompletionTokens(80)
                .addUserMessage("Weather in Rome?")
                .addTool(Weather.class)
                .toolChoice(ChatCompletionToolChoiceOption.Auto.REQUIRED)
                .parallelToolCalls(false)
                .build();
        ChatCompletion whole = CLIENT.chat().completions().create(params);
        ChatCompletionAccumulator accumulator = ChatCompletionAccumulator.create();
        try (StreamResponse<ChatCompletionChunk> stream =
                CLIENT.chat().completions().createStreaming(params)) {
            stream.stream().forEach(accumulator::accumulate);
        }

        for (ChatCompletion answer : List.of(whole, accumulator.chatCompletion())) {
            ChatCompletion.Choice choice = answer.choices().getFirst();
            assertThat(choice.finishReason()).isEqualTo(ChatCompletion.Choice.FinishReason.TOOL_CALLS);
            assertThat(choice.message().content().orElse("")).isEmpty();
            ChatCompletionMessageFunctionToolCall call =
                    choice.message().toolCalls().orElseThrow().getFirst().asFunction();
            assertThat(call.function().name()).isEqualTo("Weather");
            assertThat(call.function().arguments(Weather.class).city).isNotNull();
        }
        whole.validate();
        CLIENT.chat()
                .completions()
                .create(question()
                        .addTool(Weather.class)
                        .addMessage(whole.choices().getFirst().message())
                        .addMessage(ChatCompletionToolMessageParam.builder()
                                .toolCallId(whole.choices()
                                        .getFirst()
                                        .message()
                                        .toolCalls()
                                        .orElseThrow()
                                        .getFirst()
                                        .asFunction()
                                        .id())
                                .content("sunny")
                                .build())
                        .build())
                .validate();
    }

    @Test
    void structuredOutputIsAnObjectOfItsClass() {
        StructuredChatCompletion<Weather> answer = CLIENT.chat()
                .completions()
                .create(ChatCompletionCreateParams.builder()
                        .model("herd-tiny")
                        .putAdditionalBodyProperty("seed", JsonValue.from(3))
                        .maxCompletionTokens(80)
                        .addUserMessage("Weather in Rome?")
                        .responseFormat(Weather.class)
                        .build());

        assertThat(answer.choices().getFirst().message().content().orElseThrow().city)
                .isNotNull();
    }

    @Test
    void clientRetriesWhenTheServerIsFull() {
        OpenAIClient patient = OpenAIOkHttpClient.builder()
                .baseUrl(HerdProcess.narrow().url() + "/v1")
                .apiKey("none")
                .maxRetries(8)
                .build();
        HerdProcess.narrow().occupy(Duration.ofMillis(300));

        ChatCompletion answer = patient.chat().completions().create(question().build());

        assertThat(answer.choices()).hasSize(1);
        patient.close();
    }

    /** What a function takes, or what an answer is. */
    static final class Weather {
        /** Where. */
        @Nullable
        public String city;
    }

    @Test
    void modelIsListed() {
        assertThat(CLIENT.models().list().data().stream().map(Model::id)).containsExactly("herd-tiny");
        assertThat(CLIENT.models().retrieve("herd-tiny").id()).isEqualTo("herd-tiny");
    }

    @Test
    void closingAStreamEndsItsWork() {
        String cancelled = "herd_request_duration_seconds_count{finish_reason=\"cancelled\"}";
        double before = HERD.metric(cancelled);

        try (StreamResponse<ChatCompletionChunk> stream = CLIENT.chat()
                .completions()
                .createStreaming(question()
                        .maxCompletionTokens(8000)
                        .putAdditionalBodyProperty("ignore_eos", JsonValue.from(true))
                        .build())) {
            assertThat(stream.stream().limit(3)).hasSize(3);
        }

        HERD.awaitMetric(cancelled, before + 1);
        HERD.awaitMetric("herd_requests_running", 0);
    }

    private static ChatCompletionCreateParams.Builder question() {
        return ChatCompletionCreateParams.builder()
                .model("herd-tiny")
                .temperature(0)
                .putAdditionalBodyProperty("seed", JsonValue.from(5))
                .maxCompletionTokens(12)
                .addSystemMessage("Be brief.")
                .addUserMessage("Good morning!");
    }
}
