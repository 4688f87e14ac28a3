package dev.herd.grammar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.math.BigDecimal;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class SchemaCompilerTest {
    private static Constraint schema(String schema) {
        return Constraint.of(Syntax.jsonSchema(schema));
    }

    @ParameterizedTest
    @CsvSource({"-12,7", "0,0", "95,105", "-205,-99", "7,1000", "-1,0", "998,1002", "-1000,1000"})
    void anIntegerIsAcceptedExactlyIfItLiesWithinItsBounds(int least, int most) {
        Constraint range = schema("{\"type\":\"integer\",\"minimum\":" + least + ",\"maximum\":" + most + "}");

        for (int value = -1100; value <= 1100; value++) {
            assertThat(RandomAnswers.accepts(range, Integer.toString(value)))
                    .as("%d", value)
                    .isEqualTo(value >= least && value <= most);
        }
        assertThat(RandomAnswers.accepts(range, "-0")).isFalse();
        assertThat(RandomAnswers.accepts(range, "007")).isFalse();
    }

    @Test
    void aDecimalIsAcceptedExactlyIfItLiesWithinItsBounds() {
        for (long seed = 0; seed < 300; seed++) {
            Random random = new Random(seed);
            BigDecimal least = decimal(random);
            BigDecimal most = least.add(decimal(random).abs());
            boolean isExclusive = random.nextBoolean();
            Constraint range = schema("{\"type\":\"number\",\"%s\":%s,\"%s\":%s}"
                    .formatted(
                            isExclusive ? "exclusiveMinimum" : "minimum",
                            least.toPlainString(),
                            isExclusive ? "exclusiveMaximum" : "maximum",
                            most.add(BigDecimal.ONE).toPlainString()));
            BigDecimal end = most.add(BigDecimal.ONE);
            for (int i = 0; i < 40; i++) {
                BigDecimal value = i == 0 ? least : i == 1 ? end : decimal(random);
                boolean isWithin = isExclusive
                        ? value.compareTo(least) > 0 && value.compareTo(end) < 0
                        : value.compareTo(least) >= 0 && value.compareTo(end) <= 0;

                boolean isNegativeZero = value.signum() == 0;
                assertThat(RandomAnswers.accepts(range, value.toPlainString()))
                        .as("%s in %s to %s, seed %d", value, least, end, seed)
                        .isEqualTo(isWithin);
                assertThat(isNegativeZero && RandomAnswers.accepts(range, "-0")).isFalse();
            }
        }
    }

    private static BigDecimal decimal(Random random) {
        return BigDecimal.valueOf(random.nextInt(4001) - 2000, random.nextInt(4));
    }

    @Test
    void multiplesAreAcceptedAndOthersAreNot() {
        Constraint multiples = schema("{\"type\":\"integer\",\"multipleOf\":7,\"minimum\":-100,\"maximum\":300}");

        assertThat(IntStream.rangeClosed(-400, 400)
                        .filter(value -> RandomAnswers.accepts(multiples, Integer.toString(value))))
                .containsExactlyElementsOf(IntStream.rangeClosed(-100, 300)
                        .filter(value -> value % 7 == 0)
                        .boxed()
                        .toList());
    }

    @Test
    void whiteSpaceIsBounded() {
        Constraint object = schema("{\"type\":\"object\"}");

        for (String text : new String[] {"{}", "{ }", "{\n}", "{\"a\":1, \"b\": 2}", "{\n  \"a\": [\n    1\n  ]\n}"}) {
            assertThat(RandomAnswers.accepts(object, text)).as(text).isTrue();
        }
        for (String text : new String[] {" {}", "{} ", "{   }", "{\n\n}", "{\"a\" :1}", "{\t}", "{\"a\":1 ,\"b\":2}"}) {
            assertThat(RandomAnswers.accepts(object, text)).as(text).isFalse();
        }
    }

    @Test
    void aDeclaredNameIsNoFurtherPropertyHoweverItIsWritten() {
        Constraint object = schema("{\"type\":\"object\",\"properties\":{\"ab\":{\"type\":\"null\"}},"
                + "\"additionalProperties\":{\"type\":\"integer\"}}");

        assertThat(RandomAnswers.accepts(object, "{\"ab\":null,\"a\":1,\"abc\":2,\"\":3,\"x\\n\\u0001\\\"\":4}"))
                .isTrue();
        assertThat(RandomAnswers.accepts(object, "{\"ab\":1}")).isFalse();
        assertThat(RandomAnswers.accepts(object, "{\"a\\u0062\":1}")).isFalse();
    }

    @Test
    void surrogatesAreEscapedInPairsOnly() {
        Constraint string = schema("{\"type\":\"string\",\"minLength\":1,\"maxLength\":1}");

        assertThat(RandomAnswers.accepts(string, "\"\\ud83d\\uDE00\"")).isTrue();
        assertThat(RandomAnswers.accepts(string, "\"😀\"")).isTrue();
        assertThat(RandomAnswers.accepts(string, "\"\\ud7ff\"")).isTrue();
        for (String text : new String[] {"\"\\ud83d\"", "\"\\ude00\"", "\"\\ud83d\\ud83d\"", "\"\\ud83dx\"", "\"\""}) {
            assertThat(RandomAnswers.accepts(string, text)).as(text).isFalse();
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '!', quoteCharacter = '^', textBlock = """
                    {"type":"object","patternProperties":{}}                        ! patternProperties ! 'patternProperties' is not supported
                    {"properties":{"a":{"not":{}}}}                                 ! properties.a.not ! 'not' is not supported
                    {"type":"array","items":{"type":"array","uniqueItems":true}}    ! items.uniqueItems ! 'uniqueItems' is not supported
                    {"type":"array","items":[{}]}                                   ! items ! 'prefixItems'
                    {"properties":{"a":{"typ":"string"}}}                           ! properties.a.typ ! not a keyword
                    {"type":"text"}                                                 ! type ! 'text' is not a type
                    {"type":[]}                                                     ! type ! lists no type
                    {"type":3}                                                      ! type ! must be a string
                    {"anyOf":[{"type":"string"},{"pattern":"(?=a)"}]}               ! anyOf.1.pattern ! look-around
                    {"format":"regex","type":"string"}                              ! format ! supported are date, date-time
                    {"$ref":"#/$defs/a"}                                            ! $ref ! does not exist
                    {"$ref":"https://example.org/s"}                                ! $ref ! pointer within the schema
                    {"$defs":{"a":{"$ref":"#/$defs/b"},"b":{"$ref":"#/$defs/a"}},"$ref":"#/$defs/a"} ! $ref ! without an end
                    {"$defs":{"a":{"allOf":[{"$ref":"#/$defs/a"},{"type":"string"}]}},"$ref":"#/$defs/a"} ! $defs.a.allOf.0 ! without an end
                    {"oneOf":[{"type":"string"},{"type":"string","maxLength":3}]}   ! oneOf ! cannot be told apart
                    {"oneOf":[{"type":"integer"},{"type":"number"}]}                ! oneOf ! cannot be told apart
                    {"enum":[]}                                                     ! enum ! names no value
                    {"type":"string","enum":[1]}                                    ! enum ! names no value
                    {"enum":["a"],"minLength":2}                                    ! enum ! cannot be combined with 'minLength'
                    {"type":"string","minLength":3,"maxLength":2}                   ! minLength ! at least 3
                    {"type":"string","minLength":-1}                                ! minLength ! at least 0
                    {"type":"array","minItems":20000}                               ! minItems ! at most 10000
                    {"type":"integer","multipleOf":0.5}                             ! multipleOf ! integers from 1
                    {"type":"integer","minimum":"1"}                                ! minimum ! must be a number
                    {"required":"a"}                                                ! required ! must be an array
                    {"properties":[]}                                               ! properties ! must be an object
                    {"properties":{"a":3}}                                          ! properties.a ! must be an object, or true or false
                    {"allOf":[{"type":"string"},{"type":"null"}]}                   ! type ! no type in common
                    {"allOf":[{"type":"string","pattern":"a"},{"pattern":"b"}]}     ! pattern ! cannot be merged
                    {"properties":{"a":{"$id":"x"}}}                                ! properties.a.$id ! not supported
                    """)
    void whatIsNotSupportedIsRefusedWithItsPlace(String schema, String path, String problem) {
        ConstraintException refused = catchThrowableOfType(ConstraintException.class, () -> schema(schema));

        assertThat(refused).isNotNull();
        assertThat(refused.path()).isEqualTo(path);
        assertThat(refused).hasMessageContaining(problem).hasMessageEndingWith(".");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "false",
                "{\"type\":\"object\",\"properties\":{\"a\":{\"$ref\":\"#\"}},\"required\":[\"a\"]}",
                "{\"type\":\"integer\",\"minimum\":4,\"maximum\":3}",
                "{\"type\":\"array\",\"prefixItems\":[{}],\"items\":false,\"minItems\":2}",
                "{\"type\":\"array\",\"minItems\":1,\"items\":{\"$ref\":\"#\"}}",
                "{\"type\":\"object\",\"properties\":{\"a\":false},\"required\":[\"a\"]}",
                "{\"type\":\"string\",\"pattern\":\"^a{5}$\",\"maxLength\":4}"
            })
    void whatNoTextCanFulfilIsRefused(String schema) {
        assertThatThrownBy(() -> schema(schema)).hasMessageStartingWith("No text can fulfil the constraint");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "{", "{}{}", "{\"a\":1,\"a\":2}", "[", "nul"})
    void whatIsNoJsonIsRefused(String schema) {
        assertThatThrownBy(() -> schema(schema)).isInstanceOf(ConstraintException.class);
    }

    @Test
    void hostileSizesAreRefused() {
        String deep = "{\"items\":".repeat(70) + "{}" + "}".repeat(70);
        String doubling = "{\"$defs\":{\"a\":{\"allOf\":[{\"$ref\":\"#/$defs/a\"},{\"$ref\":\"#/$defs/a\"}]}},"
                + "\"items\":{\"$ref\":\"#/$defs/a\"}}";
        StringBuilder doublingChain = new StringBuilder("{\"$ref\":\"#/$defs/d0\",\"minLength\":1,\"$defs\":{");
        for (int i = 0; i < 25; i++) {
            doublingChain.append("\"d%1$d\":{\"allOf\":[{\"$ref\":\"#/$defs/d%2$d\"},{\"$ref\":\"#/$defs/d%2$d\"}]},"
                    .formatted(i, i + 1));
        }
        doublingChain.append("\"d25\":{\"type\":\"string\"}}}");
        String longest = "{\"description\":\"" + "x".repeat(300_000) + "\"}";
        String strings = "{\"type\":\"array\",\"prefixItems\":["
                + "{\"type\":\"string\",\"maxLength\":9999,\"title\":\"x\"},".repeat(50) + "{}]}";

        assertThatThrownBy(() -> schema(deep)).hasMessageContaining("nests deeper");
        assertThatThrownBy(() -> schema(doubling)).hasMessageContaining("without an end");
        assertThatThrownBy(() -> schema(doublingChain.toString())).hasMessageContaining("merged with others too often");
        assertThatThrownBy(() -> schema(longest)).hasMessageContaining("longer than");
        assertThatThrownBy(() -> schema(strings)).hasMessageContaining("too large");
        assertThatThrownBy(() -> schema("{\"minimum\":1e999999999}")).hasMessageContaining("exponent");
    }
}
