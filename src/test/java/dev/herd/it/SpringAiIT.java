package dev.herd.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.openai.errors.BadRequestException;
import com.openai.errors.NotFoundException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.springframework.ai.chat.messages.AssistantMessage;
import org.springframework.ai.chat.messages.SystemMessage;
import org.springframework.ai.chat.messages.UserMessage;
import org.springframework.ai.chat.model.ChatResponse;
import org.springframework.ai.chat.prompt.Prompt;
import org.springframework.ai.openai.OpenAiChatModel;
import org.springframework.ai.openai.OpenAiChatOptions;

/** Spring AI's OpenAI client and the packaged server with the built-in model. */
class SpringAiIT {
    private static final HerdProcess HERD = HerdProcess.startReady(Map.of());

    @AfterAll
    static void stop() {
        HERD.close();
    }

    private static OpenAiChatModel model(String name, double temperature) {
        return OpenAiChatModel.builder()
                .options(OpenAiChatOptions.builder()
                        .baseUrl(HERD.url() + "/v1")
                        .apiKey("none")
                        .model(name)
                        .temperature(temperature)
                        .maxTokens(24)
                        .maxRetries(0)
                        .build())
                .build();
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
    void errorsArriveAsTheClientsOwn() {
        assertThatExceptionOfType(NotFoundException.class)
                .isThrownBy(() -> model("gpt-9", 0).call(question()));
        assertThatExceptionOfType(BadRequestException.class)
                .isThrownBy(() -> model("herd-tiny", 3).call(question()));
    }
}
