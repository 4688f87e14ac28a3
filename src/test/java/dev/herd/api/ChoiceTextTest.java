package dev.herd.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.herd.api.openai.LogProbs;
import dev.herd.chat.AnswerText;
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
        choice.acceptStopToken();

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

    private static SampledToken sampled(int token) {
        return new SampledToken(token, -1, List.of());
    }
}
