package dev.herd.api;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasSize;
import static org.hamcrest.Matchers.matchesPattern;
import static org.hamcrest.Matchers.nullValue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.herd.runtime.ScriptedOpener;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import io.restassured.http.ContentType;
import io.restassured.response.ValidatableResponse;
import jakarta.inject.Inject;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@QuarkusTest
@TestProfile(WireTestProfile.class)
class ChatWireTest {
    private static final String MESSAGES =
            "\"model\":\"herd-tiny\",\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]";
    private static final ObjectMapper JSON = new ObjectMapper();

    @Inject
    ScriptedOpener model;

    @BeforeEach
    void answerReadily() {
        model.runner().release();
        model.say("Hello, world!");
    }

    @Test
    void wholeAnswerHasEveryRequiredKey() throws Exception {
        String body = ask("{" + MESSAGES + "}").statusCode(200).extract().asString();

        JsonNode answer = JSON.readTree(body);
        assertThat(names(answer))
                .containsExactly("id", "object", "created", "model", "choices", "usage", "system_fingerprint");
        assertThat(answer.path("system_fingerprint").asText()).matches("fp_[0-9a-f]{10}");
        assertThat(answer.path("id").asText()).matches("chatcmpl-[0-9a-f]{32}");
        assertThat(answer.path("object").asText()).isEqualTo("chat.completion");
        assertThat(answer.path("created").isIntegralNumber()).isTrue();
        assertThat(answer.path("model").asText()).isEqualTo("herd-tiny");
        assertThat(answer.path("choices")).hasSize(1);
        assertThat(answer.path("choices").path(0))
                .isEqualTo(
                        JSON.readTree("{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"Hello, world!\","
                                + "\"refusal\":null},\"logprobs\":null,\"finish_reason\":\"stop\"}"));
    }

    @Test
    void usageCountsPromptAndAnswerWithItsStopToken() throws Exception {
        int answerTokens = model.model().tokenizer().encode("Hello, world!").length + 1;

        JsonNode usage = JSON.readTree(
                        ask("{" + MESSAGES + "}").statusCode(200).extract().asString())
                .path("usage");

        int promptTokens = usage.path("prompt_tokens").asInt();
        assertThat(promptTokens).isGreaterThan(5);
        assertThat(usage)
                .isEqualTo(JSON.readTree("{\"prompt_tokens\":" + promptTokens + ",\"completion_tokens\":" + answerTokens
                        + ",\"total_tokens\":" + (promptTokens + answerTokens)
                        + ",\"prompt_tokens_details\":{\"cached_tokens\":0}}"));
    }

    @Test
    void aPromptThatWasAskedBeforeIsFoundInTheCacheOfItsSalt() {
        String request = "{\"model\":\"herd-tiny\",\"messages\":[{\"role\":\"user\",\"content\":\""
                + "a long and unusual question ".repeat(20) + "\"}]";

        assertThat(cachedTokens(request + "}")).isZero();
        assertThat(cachedTokens(request + "}")).isGreaterThan(40);
        assertThat(cachedTokens(request + ",\"cache_salt\":\"mine\"}")).isZero();
        assertThat(cachedTokens(request + ",\"cache_salt\":\"mine\"}")).isGreaterThan(40);
    }

    private int cachedTokens(String request) {
        return ask(request).statusCode(200).extract().path("usage.prompt_tokens_details.cached_tokens");
    }

    @Test
    void streamIsFramedExactly() {
        model.say("Hi");

        String stream = ask("{" + MESSAGES + ",\"stream\":true}")
                .statusCode(200)
                .header("Content-Type", matchesPattern("text/event-stream(;.*)?"))
                .header("Cache-Control", "no-cache")
                .extract()
                .asString();

        String id = stream.replaceAll("(?s)^data: \\{\"id\":\"([^\"]+)\".*", "$1");
        String created = stream.replaceAll("(?s).*?\"created\":(\\d+).*", "$1");
        String fingerprint = stream.replaceAll("(?s).*?\"system_fingerprint\":\"(\\w+)\".*", "$1");
        String tail = "],\"system_fingerprint\":\"" + fingerprint + "\"}\n\n";
        String head = "data: {\"id\":\"" + id + "\",\"object\":\"chat.completion.chunk\",\"created\":" + created
                + ",\"model\":\"herd-tiny\",\"choices\":[{\"index\":0,\"delta\":";
        assertThat(stream)
                .isEqualTo(head
                        + "{\"role\":\"assistant\",\"content\":\"\",\"refusal\":null},\"logprobs\":null,\"finish_reason\":null}"
                        + tail
                        + deltas(head, "Hi", tail)
                        + head
                        + "{},\"logprobs\":null,\"finish_reason\":\"stop\"}" + tail
                        + "data: [DONE]\n\n");
    }

    private String deltas(String head, String text, String tail) {
        StringBuilder deltas = new StringBuilder();
        for (int token : model.model().tokenizer().encode(text)) {
            deltas.append(head)
                    .append("{\"content\":\"")
                    .append(model.model().tokenizer().decode(token))
                    .append("\"},\"logprobs\":null,\"finish_reason\":null}")
                    .append(tail);
        }
        return deltas.toString();
    }

    @Test
    void streamEndsWithUsageWhenItIsAskedFor() throws Exception {
        List<JsonNode> events = stream(MESSAGES + ",\"stream\":true,\"stream_options\":{\"include_usage\":true}");

        JsonNode last = events.getLast();
        assertThat(last.path("choices")).isEmpty();
        assertThat(last.path("usage").path("total_tokens").asInt()).isGreaterThan(6);
        assertThat(events.subList(0, events.size() - 1))
                .allSatisfy(event -> assertThat(event.get("usage").isNull()).isTrue());
    }

    @Test
    void streamHasNoUsageWhenItIsNotAskedFor() throws Exception {
        List<JsonNode> events = stream(MESSAGES + ",\"stream\":true");

        assertThat(events).allSatisfy(event -> assertThat(event.has("usage")).isFalse());
    }

    @Test
    void severalChoicesAreNumbered() {
        ask("{" + MESSAGES + ",\"n\":3}")
                .statusCode(200)
                .body("choices.index", equalTo(List.of(0, 1, 2)))
                .body("choices.message.content", equalTo(List.of("Hello, world!", "Hello, world!", "Hello, world!")));
    }

    @Test
    void severalChoicesAreStreamedSideBySide() throws Exception {
        List<JsonNode> events = stream(MESSAGES + ",\"stream\":true,\"n\":2");

        for (int choice = 0; choice < 2; choice++) {
            assertThat(text(events, choice)).isEqualTo("Hello, world!");
        }
        assertThat(events.stream()
                        .map(event -> event.at("/choices/0/finish_reason"))
                        .filter(JsonNode::isTextual))
                .hasSize(2);
    }

    @ParameterizedTest
    @ValueSource(strings = {"\", wo\"", "[\"zzz\",\", wo\"]"})
    void stopStringEndsTheAnswerBeforeIt(String stop) throws Exception {
        ask("{" + MESSAGES + ",\"stop\":" + stop + "}")
                .statusCode(200)
                .body("choices[0].message.content", equalTo("Hello"))
                .body("choices[0].finish_reason", equalTo("stop"));

        assertThat(text(stream(MESSAGES + ",\"stream\":true,\"stop\":" + stop), 0))
                .isEqualTo("Hello");
    }

    @ParameterizedTest
    @ValueSource(strings = {"max_tokens", "max_completion_tokens"})
    void tokenLimitEndsTheAnswer(String field) {
        int first = model.model().tokenizer().encode("Hello, world!")[0];

        ask("{" + MESSAGES + ",\"" + field + "\":1}")
                .statusCode(200)
                .body(
                        "choices[0].message.content",
                        equalTo(model.model().tokenizer().decode(first)))
                .body("choices[0].finish_reason", equalTo("length"))
                .body("usage.completion_tokens", equalTo(1));
    }

    @Test
    void ownStopTokensEndTheAnswerAndModelsOwnDoNotWhenIgnored() {
        int[] tokens = model.model().tokenizer().encode("Hello, world!");

        ask("{" + MESSAGES + ",\"stop_token_ids\":[" + tokens[1] + "]}")
                .statusCode(200)
                .body("choices[0].finish_reason", equalTo("stop"))
                .body("usage.completion_tokens", equalTo(2));
        ask("{" + MESSAGES + ",\"ignore_eos\":true,\"max_tokens\":40}")
                .statusCode(200)
                .body("choices[0].finish_reason", equalTo("length"))
                .body("usage.completion_tokens", equalTo(40));
    }

    @Test
    void logProbabilitiesNameEachTokenOfTheText() throws Exception {
        int[] tokens = model.model().tokenizer().encode("Hello, world!");

        JsonNode choice = JSON.readTree(ask("{" + MESSAGES + ",\"logprobs\":true,\"top_logprobs\":2}")
                        .statusCode(200)
                        .body("choices[0].logprobs.content", hasSize(tokens.length))
                        .body("choices[0].logprobs.refusal", nullValue())
                        .extract()
                        .asString())
                .at("/choices/0");

        StringBuilder text = new StringBuilder();
        for (JsonNode item : choice.at("/logprobs/content")) {
            assertThat(names(item)).containsExactly("token", "logprob", "bytes", "top_logprobs");
            assertThat(item.path("logprob").asDouble()).isBetween(-0.01, 0.0);
            assertThat(item.path("bytes").size())
                    .isEqualTo(item.path("token").asText().length());
            assertThat(item.path("top_logprobs")).hasSize(2);
            assertThat(item.at("/top_logprobs/0/token")).isEqualTo(item.path("token"));
            text.append(item.path("token").asText());
        }
        assertThat(text.toString()).isEqualTo("Hello, world!");
    }

    @Test
    void logProbabilitiesOfHiddenTokensAreHidden() throws Exception {
        List<JsonNode> events = stream(MESSAGES + ",\"stream\":true,\"logprobs\":true,\"stop\":\", wo\"");

        StringBuilder tokens = new StringBuilder();
        for (JsonNode event : events) {
            for (JsonNode item : event.at("/choices/0/logprobs/content")) {
                assertThat(item.path("top_logprobs")).isEmpty();
                tokens.append(item.path("token").asText());
            }
        }
        assertThat(tokens.toString()).isEqualTo("Hello");
    }

    @Test
    void sameSeedGivesTheSameAnswerAndAnotherDoesNot() {
        int size = model.model().checkpoint().config().vocabularySize();
        model.runner().say(size - 1);
        String flat = "{" + MESSAGES + ",\"temperature\":2,\"max_tokens\":24,\"logit_bias\":{\"" + (size - 1)
                + "\":-60},\"ignore_eos\":true,\"seed\":";

        String first = content(flat + "7}");

        assertThat(content(flat + "7}")).isEqualTo(first);
        assertThat(content(flat + "8}")).isNotEqualTo(first);
    }

    private String content(String body) {
        return ask(body).statusCode(200).extract().path("choices[0].message.content");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"role\":\"developer\",\"content\":\"Be brief.\"}",
                "{\"role\":\"system\",\"content\":[{\"type\":\"text\",\"text\":\"Be \"},{\"type\":\"text\",\"text\":\"brief.\"}]}"
            })
    void developerIsSystemAndPartsAreJoined(String message) {
        int expected = promptTokens("{\"role\":\"system\",\"content\":\"Be brief.\"}");

        assertThat(promptTokens(message)).isEqualTo(expected);
    }

    private int promptTokens(String message) {
        return ask("{\"model\":\"herd-tiny\",\"messages\":[" + message + "]}")
                .statusCode(200)
                .extract()
                .path("usage.prompt_tokens");
    }

    @Test
    void wholeConversationIsAccepted() {
        ask("{\"model\":\"herd-tiny\",\"messages\":[{\"role\":\"system\",\"content\":\"S\"},"
                        + "{\"role\":\"user\",\"name\":\"ann\",\"content\":\"U\"},"
                        + "{\"role\":\"assistant\",\"content\":null,\"refusal\":\"No.\"},"
                        + "{\"role\":\"tool\",\"tool_call_id\":\"x\",\"content\":\"T\"},"
                        + "{\"role\":\"assistant\",\"content\":\"A\",\"tool_calls\":[]},"
                        + "{\"role\":\"user\",\"content\":\"U\"}]}")
                .statusCode(200);
    }

    @Test
    void fieldsWithoutEffectAreNamed() {
        ask("{" + MESSAGES
                        + ",\"user\":\"u\",\"metadata\":{\"a\":\"b\"},\"frobnicate\":1,\"bad\\nname\":2,\"store\":null,"
                        + "\"tools\":[],\"tool_choice\":\"none\",\"response_format\":{\"type\":\"text\"}}")
                .statusCode(200)
                .header("X-Ignored-Params", equalTo("frobnicate, metadata, user"));
    }

    @Test
    void nothingIsNamedWhenEverythingHadEffect() {
        ask("{" + MESSAGES + ",\"temperature\":0,\"top_p\":0.5,\"top_k\":3,\"min_p\":0.1,\"repetition_penalty\":1.1,"
                        + "\"frequency_penalty\":0.1,\"presence_penalty\":-0.1,\"stop\":null}")
                .statusCode(200)
                .header("X-Ignored-Params", nullValue());
    }

    @Test
    void leastLengthKeepsStopsFromEndingTheAnswer() {
        int[] tokens = model.model().tokenizer().encode("Hello, world!");

        ask("{" + MESSAGES + ",\"stop\":\"l\",\"min_tokens\":" + tokens.length + ",\"max_tokens\":"
                        + (tokens.length + 3) + "}")
                .statusCode(200)
                .body("choices[0].message.content", equalTo("Hello, world!"))
                .body("choices[0].finish_reason", equalTo("stop"));
        ask("{" + MESSAGES + ",\"min_tokens\":40,\"max_tokens\":40}")
                .statusCode(200)
                .body("choices[0].finish_reason", equalTo("length"))
                .body("usage.completion_tokens", equalTo(40));
    }

    @Test
    void stopStringIsInTheAnswerWhenItIsToBe() {
        ask("{" + MESSAGES + ",\"stop\":\", wo\",\"include_stop_str_in_output\":true}")
                .statusCode(200)
                .body("choices[0].message.content", equalTo("Hello, wo"));
    }

    @Test
    void specialTokensAreShownWhenTheyAreNotToBeSkipped() {
        int step = model.model().tokenizer().special("<|step|>").orElseThrow();
        int end = model.model().tokenizer().special("<|eot|>").orElseThrow();
        model.runner().say(step, model.model().tokenizer().encode("x")[0], end);

        ask("{" + MESSAGES + "}").statusCode(200).body("choices[0].message.content", equalTo("x"));
        ask("{" + MESSAGES + ",\"skip_special_tokens\":false}")
                .statusCode(200)
                .body("choices[0].message.content", equalTo("<|step|>x"));
    }

    @Test
    void promptEndsAsTheRequestSays() {
        String talk = "{\"model\":\"herd-tiny\",\"messages\":[{\"role\":\"user\",\"content\":\"Count.\"},"
                + "{\"role\":\"assistant\",\"content\":\"One,\"}]";
        int answer = usage(talk + "}");

        int transcript = usage(talk + ",\"add_generation_prompt\":false}");
        int continuation = usage(talk + ",\"add_generation_prompt\":false,\"continue_final_message\":true}");

        assertThat(transcript).isLessThan(answer);
        assertThat(continuation).isEqualTo(transcript - 1);
    }

    private static int usage(String body) {
        return ask(body).statusCode(200).extract().path("usage.prompt_tokens");
    }

    @Test
    void serviceTierIsToldWhenItIsAskedFor() {
        ask("{" + MESSAGES + ",\"service_tier\":\"auto\"}").statusCode(200).body("service_tier", equalTo("default"));
    }

    private static ValidatableResponse ask(String body) {
        return given().contentType(ContentType.JSON)
                .body(body)
                .post("/v1/chat/completions")
                .then();
    }

    private static List<JsonNode> stream(String fields) throws Exception {
        String stream = ask("{" + fields + "}").statusCode(200).extract().asString();
        assertThat(stream).endsWith("data: [DONE]\n\n");
        List<JsonNode> events = new ArrayList<>();
        for (String event : stream.split("\n\n", -1)) {
            if (event.startsWith("data: {")) {
                events.add(JSON.readTree(event.substring("data: ".length())));
            }
        }
        return events;
    }

    private static String text(List<JsonNode> events, int choice) {
        StringBuilder text = new StringBuilder();
        for (JsonNode event : events) {
            if (event.at("/choices/0/index").asInt(-1) == choice) {
                text.append(event.at("/choices/0/delta/content").asText(""));
            }
        }
        return text.toString();
    }

    private static List<String> names(JsonNode object) {
        List<String> names = new ArrayList<>();
        object.fieldNames().forEachRemaining(names::add);
        return names;
    }
}
