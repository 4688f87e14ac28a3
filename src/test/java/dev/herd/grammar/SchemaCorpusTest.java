package dev.herd.grammar;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SchemaValidatorsConfig;
import com.networknt.schema.SpecVersion;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What an untrained model writes under a schema is valid, whatever the schema, and it comes to an end. */
final class SchemaCorpusTest {
    private static final int MADE = 150;
    private static final int[] BUDGETS = {2, 9, 40, 160, 300};
    private static final ObjectMapper JSON = new ObjectMapper()
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS);
    private static final JsonSchemaFactory SCHEMAS = JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012);
    private static final SchemaValidatorsConfig CONFIG =
            SchemaValidatorsConfig.builder().formatAssertionsEnabled(true).build();

    /** The validator also wants the top-level domain of an e-mail address to exist. */
    private static final String EMAIL = "\"[^\"@ ]+@([A-Za-z0-9-]+\\.)+[A-Za-z]{2,}\"";

    static Stream<Arguments> schemas() throws IOException {
        Stream<Arguments> written = Stream.of(resource().split("\n", -1))
                .filter(line -> !line.isBlank())
                .map(SchemaCorpusTest::read)
                .map(line -> Arguments.of(
                        line.path("name").asText(), line.path("schema").toString()));
        Stream<Arguments> made =
                LongStream.range(0, MADE).mapToObj(seed -> Arguments.of("seed " + seed, SchemaMaker.make(seed)));
        return Stream.concat(written, made);
    }

    private static String resource() throws IOException {
        try (InputStream input = Objects.requireNonNull(
                SchemaCorpusTest.class.getResourceAsStream("/grammar/schemas.jsonl"), "schemas.jsonl")) {
            return new String(input.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private static JsonNode read(String json) {
        try {
            return JSON.readTree(json);
        } catch (IOException malformed) {
            throw new AssertionError(json, malformed);
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("schemas")
    void whatAnUntrainedModelWritesIsValidAndFinished(String name, String schema) throws IOException {
        TokenGrammar grammar = RandomAnswers.grammar(Syntax.jsonSchema(schema));
        JsonSchema validator = SCHEMAS.getSchema(read(schema), CONFIG);
        for (int budget : BUDGETS) {
            for (long seed = 0; seed < 3; seed++) {
                RandomAnswers.Answer answer = RandomAnswers.write(grammar, seed, budget);

                String context =
                        name + ", seed " + seed + ", budget " + budget + ": " + schema + " -> " + answer.text();
                if (grammar.matcher().cost() < budget) {
                    assertThat(answer.isFinished()).as(context).isTrue();
                }
                if (answer.isFinished()) {
                    requireUtf8(answer.bytes(), context);
                    requireValid(name, validator, answer.text(), context);
                }
            }
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("schemas")
    void compactAnswersAreValidAndHaveNoSpaceBetweenTokens(String name, String schema) {
        TokenGrammar grammar = RandomAnswers.grammar(Syntax.compactJsonSchema(schema));
        JsonSchema validator = SCHEMAS.getSchema(read(schema), CONFIG);

        RandomAnswers.Answer answer = RandomAnswers.write(grammar, 7, 1000);

        assertThat(answer.isFinished()).as(name).isTrue();
        requireValid(name, validator, answer.text(), answer.text());
        assertThat(answer.text().replaceAll("\"(?:[^\"\\\\]++|\\\\.)*+\"", "")).doesNotContain(" ", "\n");
    }

    private static void requireValid(String name, JsonSchema validator, String answer, String context) {
        if (name.equals("format email")) {
            assertThat(answer).as(context).matches(EMAIL);
        } else {
            assertThat(validator.validate(read(answer))).as(context).isEmpty();
        }
    }

    private static void requireUtf8(byte[] bytes, String context) {
        try {
            StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes));
        } catch (CharacterCodingException malformed) {
            throw new AssertionError(context, malformed);
        }
    }
}
