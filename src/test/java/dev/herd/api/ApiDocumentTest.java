package dev.herd.api;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** That the judge of the wire tests does judge. */
class ApiDocumentTest {
    private static final String MODEL = "{\"id\":\"a\",\"object\":\"model\",\"created\":1,\"owned_by\":\"b\"}";

    @Test
    void describedAnswersPass() {
        assertThat(judge("/v1/models/a/b", 200, MODEL)).isEmpty();
        assertThat(judge("/v1/models", 200, "{\"object\":\"list\",\"data\":[" + MODEL + "]}"))
                .isEmpty();
        assertThat(judge("/q/metrics", 200, "anything")).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '^', textBlock = """
                    {"id":"a","object":"model","created":1}                              | 200
                    {"id":"a","object":"model","created":"1","owned_by":"b"}             | 200
                    {"id":"a","object":"model","created":1,"owned_by":"b","more":1}      | 200
                    {"id":"a","object":"model","created":1,"owned_by":"b"}               | 201
                    {"error":"x"}                                                        | 404
                    {"error":{"message":"a","type":"b","param":null}}                    | 404
                    nonsense                                                             | 200
                    """)
    void otherAnswersFail(String body, int status) {
        assertThat(judge("/v1/models/a", status, body)).isNotEmpty();
    }

    @Test
    void everyEventOfAStreamIsJudged() {
        String event =
                "data: {\"id\":\"a\",\"object\":\"text_completion\",\"created\":1,\"model\":\"m\",\"choices\":[]}\n\n";

        assertThat(judgeStream(event + "data: [DONE]\n\n")).isEmpty();
        assertThat(judgeStream(event + "data: {\"id\":\"a\"}\n\n")).isNotEmpty();
        assertThat(judgeStream(event + "data: {\"error\":{}}\n\n")).isNotEmpty();
    }

    private static java.util.List<String> judge(String path, int status, String body) {
        return ApiDocument.stored().judge("GET", path, status, "application/json;charset=UTF-8", body);
    }

    private static java.util.List<String> judgeStream(String body) {
        return ApiDocument.stored().judge("POST", "/v1/completions", 200, "text/event-stream", body);
    }
}
