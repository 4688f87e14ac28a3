package dev.herd.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.offset;

import dev.herd.grammar.Constraint;
import dev.herd.grammar.ConstraintException;
import dev.herd.grammar.FakeTokenizer;
import dev.herd.grammar.Syntax;
import dev.herd.grammar.TokenGrammar;
import dev.herd.grammar.TokenTrie;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** Answers of a model without sense under a constraint. */
class ConstrainedGenerationTest {
    private static final FakeTokenizer TOKENIZER = FakeTokenizer.of(
            "<|eot|>", "{", "}", "\"", "a", "b", ":", ",", "0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "-", "[",
            "]", "{\"a\":", "\"b\":", "true", "false", "t", "r", "u", "e", "f", "l", "s", "x", "ab", "ba", "12", "}}",
            "[1,", ",1");
    private static final int EOT = 0;
    private static final String SCHEMA = "{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"integer\"},\"b\":"
            + "{\"type\":\"array\",\"items\":{\"type\":\"boolean\"},\"maxItems\":2}},\"required\":[\"a\",\"b\"]}";

    private final AtomicLong clock = new AtomicLong();
    private final FakeModelRunner runner = new FakeModelRunner(4, 4, 400, 16);
    private final Engine engine = new Engine(runner, new EngineConfig(128, 4, 32, 6), clock::get);

    private static TokenGrammar grammar(Syntax syntax) {
        return new TokenGrammar(Constraint.of(syntax), TokenTrie.of(TOKENIZER));
    }

    private RecordingListener submit(TokenGrammar grammar, SamplingParams sampling, int maxTokens, Set<Integer> stops) {
        RecordingListener listener = new RecordingListener();
        engine.submit(
                new GenerationRequest(
                        new int[] {1, 2, 3},
                        sampling,
                        maxTokens,
                        stops,
                        List.of(),
                        Optional.of(grammar),
                        0,
                        0,
                        Optional.empty()),
                listener);
        return listener;
    }

    private void runToEnd() {
        while (engine.step()) {}
    }

    private static String text(RecordingListener listener) {
        return TOKENIZER.decode(
                listener.tokens().stream().mapToInt(Integer::intValue).toArray());
    }

    @Test
    void manySequencesKeepTheirOwnPlaceInOneGrammar() {
        TokenGrammar grammar = grammar(Syntax.compactJsonSchema(SCHEMA));
        List<RecordingListener> listeners = new ArrayList<>();
        for (int seed = 0; seed < 24; seed++) {
            listeners.add(submit(grammar, Requests.seeded(seed), 20 + seed, Set.of(EOT)));
        }

        runToEnd();

        for (RecordingListener listener : listeners) {
            assertThat(listener.reason()).isEqualTo(FinishReason.STOP);
            assertThat(text(listener))
                    .matches("\\{\"a\":(0|-?[1-9][0-9]{0,16}),\"b\":\\[((true|false)(,(true|false))?)?]}");
        }
        assertThat(listeners.stream()
                        .map(ConstrainedGenerationTest::text)
                        .distinct()
                        .count())
                .isGreaterThan(5);
    }

    @Test
    void anAnswerOnWhichNothingCanFollowEndsWithoutAStopToken() {
        RecordingListener listener = submit(grammar(Syntax.literal("ab")), SamplingParams.greedy(), 10, Set.of(EOT));

        runToEnd();

        assertThat(text(listener)).isEqualTo("ab");
        assertThat(listener.reason()).isEqualTo(FinishReason.STOP);
    }

    @Test
    void aStopTokenComesOnlyWhereTheAnswerMayEnd() {
        SamplingParams eager = new SamplingParams(1, 1, 0, 0, 1, 0, 0, Map.of(EOT, 100f), 1, -1);
        RecordingListener listener = submit(grammar(Syntax.regex("x{3}b*")), eager, 10, Set.of(EOT));

        runToEnd();

        assertThat(text(listener)).isEqualTo("xxx<|eot|>");
        assertThat(listener.reason()).isEqualTo(FinishReason.STOP);
    }

    @Test
    void theLastTokenIsKeptForTheEnd() {
        RecordingListener listener = submit(grammar(Syntax.regex("[ab]*")), SamplingParams.greedy(), 5, Set.of(EOT));

        runToEnd();

        assertThat(listener.tokens().size()).isLessThanOrEqualTo(5);
        assertThat(listener.tokens().getLast()).isEqualTo(EOT);
        assertThat(listener.reason()).isEqualTo(FinishReason.STOP);
    }

    @Test
    void withoutStopTokensTheLengthEndsWhatCouldGoOn() {
        RecordingListener listener = submit(grammar(Syntax.regex("[ab]*")), SamplingParams.greedy(), 5, Set.of());

        runToEnd();

        assertThat(text(listener)).matches("[ab]{5,10}");
        assertThat(listener.reason()).isEqualTo(FinishReason.LENGTH);
    }

    @Test
    void withoutStopTokensAnAnswerGoesOnBeyondWhatItsBudgetCompletes() {
        RecordingListener listener = submit(grammar(Syntax.regex("(xe)*")), SamplingParams.greedy(), 5, Set.of());

        runToEnd();

        assertThat(listener.failure()).isNull();
        assertThat(text(listener)).isEqualTo("xexex");
        assertThat(listener.reason()).isEqualTo(FinishReason.LENGTH);
    }

    @Test
    void aBudgetThatCannotSufficeEndsWithLength() {
        RecordingListener listener =
                submit(grammar(Syntax.literal("aaaaaaaaaa")), SamplingParams.greedy(), 4, Set.of(EOT));

        runToEnd();

        assertThat(text(listener)).isEqualTo("aaaa");
        assertThat(listener.reason()).isEqualTo(FinishReason.LENGTH);
    }

    @Test
    void logProbabilitiesAreThoseAmongWhatIsAllowed() {
        SamplingParams withAlternatives = new SamplingParams(0, 1, 0, 0, 1, 0, 0, Map.of(), 1, 20);
        RecordingListener listener = submit(grammar(Syntax.regex("[ab]")), withAlternatives, 4, Set.of(EOT));

        runToEnd();

        SampledToken token = listener.sampledTokens().getFirst();
        assertThat(token.alternatives())
                .extracting(SampledToken.Alternative::id)
                .containsExactlyInAnyOrder(4, 5);
        assertThat(token.alternatives().stream()
                        .mapToDouble(alternative -> Math.exp(alternative.logProb()))
                        .sum())
                .isCloseTo(1, offset(1e-5));
    }

    @Test
    void aVocabularyWithoutTheNextByteFailsItsRequestAndNoOther() {
        RecordingListener stuck = submit(grammar(Syntax.literal("a€")), SamplingParams.greedy(), 10, Set.of(EOT));
        RecordingListener other = submit(grammar(Syntax.literal("ba")), SamplingParams.greedy(), 10, Set.of(EOT));

        runToEnd();

        assertThat(stuck.failure())
                .isInstanceOf(ConstraintException.class)
                .hasMessage("No token of the vocabulary fits the constraint after the tokens that were chosen.");
        assertThat(text(other)).isEqualTo("ba");
        assertThat(engine.status().usedBlocks()).isZero();
    }

    @Test
    void aConstraintOverAnotherVocabularyIsRefused() {
        String[] many = new String[FakeModelRunner.VOCABULARY + 1];
        Arrays.fill(many, "a");
        TokenGrammar foreign =
                new TokenGrammar(Constraint.of(Syntax.literal("a")), TokenTrie.of(FakeTokenizer.of(many)));

        assertThatThrownBy(() -> submit(foreign, SamplingParams.greedy(), 1, Set.of()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("the constraint is over a vocabulary of 62 tokens, but the model has 61");
    }
}
