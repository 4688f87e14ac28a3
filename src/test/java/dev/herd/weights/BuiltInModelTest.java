package dev.herd.weights;

import static org.assertj.core.api.Assertions.assertThat;

import dev.herd.kernels.TensorType;
import dev.herd.weights.ModelConfig.LayerKind;
import java.util.List;
import java.util.Objects;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

class BuiltInModelTest {
    private static final Vocabulary.GgufTokens TOKENS = new Vocabulary.GgufTokens(
            List.of("a", "b", "ab", "<|begin_of_text|>", "<|end_of_text|>", "<|eot|>"),
            new int[] {1, 1, 1, 3, 3, 3},
            List.of("a b"));

    @Test
    void hasScoutsShapeAndTheGivenVocabulary() {
        try (Checkpoint model = BuiltInModel.open(TOKENS)) {
            ModelConfig config = model.config();
            assertThat(model.name()).isEqualTo(BuiltInModel.NAME);
            assertThat(model.files()).isEmpty();
            assertThat(config.vocabularySize()).isEqualTo(6);
            assertThat(config.layers()).allMatch(ModelConfig.Layer::isMoe);
            assertThat(config.layerCount(LayerKind.GLOBAL)).isEqualTo(2);
            assertThat(config.usesQkNorm()).isTrue();
            assertThat(config.attentionTemperature()).isNotNull();
            assertThat(config.attentionChunkSize()).isEqualTo(8192);
            assertThat(config.contextLength()).isGreaterThan(8192);
            assertThat(Objects.requireNonNull(model.weights().ropeDivisors()).toArray(0, 16))
                    .startsWith(1)
                    .endsWith(16);
            assertThat(model.weights().embedding().type()).isEqualTo(TensorType.Q8_0);
            Vocabulary.GgufTokens tokens = (Vocabulary.GgufTokens) model.vocabulary();
            assertThat(tokens.tokens()).isEqualTo(TOKENS.tokens());
            assertThat(tokens.merges()).isEqualTo(TOKENS.merges());
            assertThat(tokens.tokenTypes()).isEqualTo(TOKENS.tokenTypes());
            assertThat(model.generationDefaults().bosToken()).isEqualTo(OptionalInt.of(3));
            assertThat(model.generationDefaults().stopTokens()).containsExactly(4, 5);
        }
    }

    @Test
    void hasTheSameRandomWeightsEveryTime() {
        try (Checkpoint one = BuiltInModel.open(TOKENS);
                Checkpoint two = BuiltInModel.open(TOKENS)) {
            WeightAssertions.assertSameNumbers(two.weights(), one.weights());
            float[] embedding = WeightAssertions.elements(one.weights().embedding());
            double sum = 0;
            double squares = 0;
            for (float element : embedding) {
                sum += element;
                squares += element * (double) element;
            }
            assertThat(Math.abs(sum / embedding.length)).isLessThan(0.01);
            assertThat(squares / embedding.length * one.config().hiddenSize()).isBetween(0.8, 1.2);
        }
    }
}
