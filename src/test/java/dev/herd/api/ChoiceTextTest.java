package dev.herd.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.herd.api.openai.LogProbs;
import dev.herd.chat.AnswerText;
import dev.herd.chat.ToolCallParser;
import dev.herd.chat.ToolDefinition;
import dev.herd.engine.SampledToken;
import dev.herd.tokenizer.BuiltInVocabulary;
import dev.herd.tokenizer.Tokenizer;
import dev.herd.tokenizer.Tokenizers;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ChoiceTextTest {
    private final Tokenizer tokenizer = Tokenizers.of(BuiltInVocabulary.get());

    @Test
    void characterOfSeveralTokensIsShownWithAllOfTheirLogProbabilities() {
        int[] tokens = tokenizer.encode("\uD83D\uDC2E");
        assertThat(tokens.length).as("tokens of one character").isGreaterThan(1);
        ChoiceText choice = new ChoiceText(new AnswerText(tokenizer, List.of()), tokenizer, true);

        for (int i = 0; i < tokens.length - 1; i++) {
            assertThat(choice.accept(sampled(tokens[i])).isEmpty()).isTrue();
        }
        ChoiceText.Delta delta = choice.accept(sampled(tokens[tokens.length - 1]));

        assertThat(delta.text()).isEqualTo("\uD83D\uDC2E");
        assertThat(delta.logProbs()).hasSize(tokens.length);
        List<Integer> bytes = new ArrayList<>();
        delta.logProbs().forEach(item -> bytes.addAll(item.bytes()));
        assertThat(bytes).containsExactly(0xf0, 0x9f, 0x90, 0xae);
    }

    @Test
    void halfACharacterAtTheEndIsShownAsReplacement() {
        int[] tokens = tokenizer.encode("\uD83D\uDC2E");
        ChoiceText choice = new ChoiceText(new AnswerText(tokenizer, List.of()), tokenizer, true);

        choice.accept(sampled(tokens[0]));
        ChoiceText.Delta delta = choice.finish();

        assertThat(delta.text()).isEqualTo("\uFFFD");
        assertThat(delta.logProbs()).hasSize(1);
        assertThat(choice.tokenCount()).isEqualTo(1);
    }

    @Test
    void textThatOnlyLooksLikeAStopStringComesLate() {
        ChoiceText choice = new ChoiceText(new AnswerText(tokenizer, List.of("ab!")), tokenizer, true);
        List<LogProbs.Item> items = new ArrayList<>();
        StringBuilder text = new StringBuilder();

        for (int token : tokenizer.encode("xabc ab")) {
            ChoiceText.Delta delta = choice.accept(sampled(token));
            text.append(delta.text());
            items.addAll(delta.logProbs());
        }
        assertThat(text.toString()).isEqualTo("xabc ");
        ChoiceText.Delta rest = choice.finish();

        assertThat(rest.text()).isEqualTo("ab");
        assertThat(choice.isStopped()).isFalse();
        assertThat(items.size() + rest.logProbs().size()).isEqualTo(tokenizer.encode("xabc ab").length);
    }

    @Test
    void nothingFollowsAStopString() {
        ChoiceText choice = new ChoiceText(new AnswerText(tokenizer, List.of("b")), tokenizer, false);

        StringBuilder text = new StringBuilder();
        for (int token : tokenizer.encode("aaa b aaa")) {
            text.append(choice.accept(sampled(token)).text());
        }
        int counted = choice.tokenCount();
        choice.acceptStopToken(sampled(0));

        assertThat(text.toString()).isEqualTo("aaa ");
        assertThat(choice.isStopped()).isTrue();
        assertThat(choice.finish().isEmpty()).isTrue();
        assertThat(choice.tokenCount()).isEqualTo(counted).isLessThan(tokenizer.encode("aaa b aaa").length);
    }

    @Test
    void impossibleTokenHasAFiniteLogProbability() {
        ChoiceText choice = new ChoiceText(new AnswerText(tokenizer, List.of()), tokenizer, true);

        ChoiceText.Delta delta =
                choice.accept(new SampledToken(tokenizer.encode("x")[0], Float.NEGATIVE_INFINITY, List.of()));

        assertThat(delta.logProbs().getFirst().logprob()).isEqualTo(-9999f);
    }

    @Test
    void stopTokenIsInTheTextOnlyWhenStopsAreShown() {
        int token = tokenizer.encode("x")[0];
        AnswerText.Style showing = new AnswerText.Style(true, special -> false, 0);

        assertThat(new ChoiceText(new AnswerText(tokenizer, List.of()), tokenizer, false)
                        .acceptStopToken(sampled(token))
                        .text())
                .isEmpty();
        assertThat(new ChoiceText(new AnswerText(tokenizer, List.of(), showing), tokenizer, false)
                        .acceptStopToken(sampled(token))
                        .text())
                .isEqualTo("x");
    }

    @Test
    void callsAreNoContentAndKeepTheirLogProbabilities() {
        ChoiceText choice = withTools(true, true);
        int[] tokens = tokenizer.encode("Wait. [f(a=1), f(a=2)]");

        List<CallDelta> calls = new ArrayList<>();
        StringBuilder text = new StringBuilder();
        List<LogProbs.Item> items = new ArrayList<>();
        for (int token : tokens) {
            collect(choice.accept(sampled(token)), text, calls, items);
        }
        collect(choice.finish(), text, calls, items);

        assertThat(text.toString()).isEqualTo("Wait.");
        assertThat(arguments(calls)).isEqualTo("0{\"a\":1} 1{\"a\":2} ");
        assertThat(items).hasSize(tokens.length);
        assertThat(choice.hasCalls()).isTrue();
        assertThat(calls.stream()
                        .filter(call -> call.begun() != null)
                        .map(call -> call.begun().id())
                        .distinct())
                .hasSize(2)
                .allMatch(id -> id.matches("call_[0-9a-f]{32}"));
    }

    @Test
    void firstCallEndsTheTextWhenOnlyOneIsAllowed() {
        ChoiceText choice = withTools(false, false);

        List<CallDelta> calls = new ArrayList<>();
        for (int token : tokenizer.encode("[f(a=1), f(a=2)] and so on")) {
            collect(choice.accept(sampled(token)), new StringBuilder(), calls, new ArrayList<>());
        }

        assertThat(choice.isStopped()).isTrue();
        assertThat(arguments(calls)).isEqualTo("0{\"a\":1} ");
        assertThat(choice.finish()).isEqualTo(ChoiceText.Delta.NONE);
    }

    @Test
    void callThatIsCutOffIsCompletedAndDoesNotCountAsTheEnd() {
        ChoiceText choice = withTools(false, false);

        List<CallDelta> calls = new ArrayList<>();
        for (int token : tokenizer.encode("[f(a=\"x")) {
            collect(choice.accept(sampled(token)), new StringBuilder(), calls, new ArrayList<>());
        }
        collect(choice.finish(), new StringBuilder(), calls, new ArrayList<>());

        assertThat(choice.isStopped()).isFalse();
        assertThat(arguments(calls)).isEqualTo("0{\"a\":\"x\"} ");
    }

    private ChoiceText withTools(boolean wantsLogProbs, boolean isParallel) {
        return new ChoiceText(
                new AnswerText(tokenizer, List.of()),
                tokenizer,
                wantsLogProbs,
                new ToolCallParser(List.of(new ToolDefinition("f", List.of("a"), "{}"))),
                isParallel);
    }

    private static void collect(
            ChoiceText.Delta delta, StringBuilder text, List<CallDelta> calls, List<LogProbs.Item> items) {
        text.append(delta.text());
        calls.addAll(delta.calls());
        items.addAll(delta.logProbs());
    }

    /** Index and arguments of each call. */
    private static String arguments(List<CallDelta> calls) {
        StringBuilder arguments = new StringBuilder();
        for (CallDelta call : calls) {
            if (call.begun() != null) {
                arguments.append(arguments.isEmpty() ? "" : " ").append(call.index());
            }
            arguments.append(call.arguments());
        }
        return arguments.append(' ').toString();
    }

    private static SampledToken sampled(int token) {
        return new SampledToken(token, -1, List.of());
    }
}
