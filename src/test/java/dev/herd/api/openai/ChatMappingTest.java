package dev.herd.api.openai;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.herd.chat.Message;
import dev.herd.chat.Role;
import dev.herd.engine.SamplingParams;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ChatMappingTest {
    private static final ObjectMapper JSON =
            new ObjectMapper().disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES);
    private static final SamplingDefaults NO_DEFAULTS = new SamplingDefaults(null, null, null);

    @Test
    void statedSamplingIsTaken() throws Exception {
        SamplingParams sampling = sampling("""
                "temperature":0.5,"top_p":0.25,"top_k":7,"min_p":0.125,"repetition_penalty":1.5,
                "frequency_penalty":0.75,"presence_penalty":-0.5,"logit_bias":{"3":-100,"0":2.5},
                "seed":-9,"logprobs":true,"top_logprobs":4
                """, new SamplingDefaults(0.6f, 0.9f, 50));

        assertThat(sampling)
                .isEqualTo(new SamplingParams(
                        0.5f, 0.25f, 7, 0.125f, 1.5f, 0.75f, -0.5f, Map.of(3, -100f, 0, 2.5f), -9, 4));
    }

    @Test
    void unstatedSamplingIsTheCheckpoints() throws Exception {
        SamplingParams sampling = sampling("", new SamplingDefaults(0.6f, 0.9f, 50));

        assertThat(sampling).isEqualTo(new SamplingParams(0.6f, 0.9f, 50, 0, 1, 0, 0, Map.of(), 42, -1));
    }

    @Test
    void whatNobodyStatesIsOpenAisDefault() throws Exception {
        assertThat(sampling("\"temperature\":null", NO_DEFAULTS))
                .isEqualTo(new SamplingParams(1, 1, 0, 0, 1, 0, 0, Map.of(), 42, -1));
        assertThat(sampling("\"logprobs\":true", NO_DEFAULTS).topLogProbs()).isZero();
    }

    private static SamplingParams sampling(String fields, SamplingDefaults defaults) throws Exception {
        String separator = fields.isEmpty() ? "" : ",";
        return ChatMapping.sampling(request("\"messages\":[]" + separator + fields), defaults, 100, 42);
    }

    @Test
    void rolesAndPartsBecomeMessages() throws Exception {
        ChatCompletionRequest request = request("""
                "messages":[
                {"role":"developer","content":"d"},
                {"role":"system","content":[{"type":"text","text":"s"},{"type":"text","text":"t"}]},
                {"role":"user","content":""},
                {"role":"assistant","content":[{"type":"refusal","refusal":"no"}]},
                {"role":"assistant"},
                {"role":"tool","tool_call_id":"1","content":"r"}]
                """);

        assertThat(ChatMapping.messages(request, new NoMedia()))
                .containsExactly(
                        new Message(Role.SYSTEM, "d"),
                        new Message(Role.SYSTEM, "st"),
                        new Message(Role.USER, ""),
                        new Message(Role.ASSISTANT, "no"),
                        new Message(Role.ASSISTANT, ""),
                        new Message(Role.TOOL, "r"));
    }

    /** A value of the right type that asks for something. */
    static List<String> demandsOfUnsupportedFields() {
        return OtherFields.unsupported();
    }

    @ParameterizedTest
    @MethodSource("demandsOfUnsupportedFields")
    void unsupportedFieldIsRefusedUnlessItIsNull(String field) throws Exception {
        ChatCompletionRequest demanding = request("\"messages\":[],\"" + field + "\":\"something\"");
        ChatCompletionRequest silent = request("\"messages\":[],\"" + field + "\":null");

        assertThat(OtherFields.refused(demanding)).contains(field);
        assertThat(OtherFields.refused(silent)).isEmpty();
        assertThat(OtherFields.ignored(silent)).isEmpty();
    }

    private static ChatCompletionRequest request(String fields) throws Exception {
        return JSON.readValue("{\"model\":\"m\"," + fields + "}", ChatCompletionRequest.class);
    }
}
