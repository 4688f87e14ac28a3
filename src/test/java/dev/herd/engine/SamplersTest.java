package dev.herd.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.herd.kernels.Floats;
import dev.herd.kernels.device.Logits;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Rows as large as those of a model, for which several threads sample at once. */
final class SamplersTest {
    private static final int VOCABULARY = 40_000;
    private static final int SEQUENCES = 12;

    private final Random random = new Random(5);
    private final Floats logits = Floats.copyOf(new float[SEQUENCES * VOCABULARY]);
    private final List<Sequence> sequences = new ArrayList<>();
    private final Samplers samplers = new Samplers(VOCABULARY);

    SamplersTest() {
        for (long i = 0; i < logits.size(); i++) {
            logits.set(i, (float) (3 * random.nextGaussian()));
        }
        for (int i = 0; i < SEQUENCES; i++) {
            SamplingParams sampling = i % 3 == 0
                    ? SamplingParams.greedy()
                    : new SamplingParams(0.6f, i % 3 == 1 ? 0.9f : 1, 0, 0, 1.1f, 0, 0, Map.of(), i, i % 2 - 1);
            sequences.add(sequence(sampling));
        }
    }

    @Test
    void eachSequenceGetsWhatItWouldAlone() {
        List<Choice> expected = new ArrayList<>();
        for (int i = 0; i < SEQUENCES; i++) {
            expected.add(new Choice.Token(new Sampler(VOCABULARY).sample(logits, i, sequences.get(i))));
        }

        for (int round = 0; round < 5; round++) {
            assertThat(samplers.sample(sequences, Logits.of(logits, VOCABULARY)))
                    .isEqualTo(expected);
        }
    }

    @Test
    void aRowThatAllowsNoChoiceIsItsSequencesOwn() {
        logits.set(4L * VOCABULARY + 17, Float.NaN);

        List<Choice> choices = samplers.sample(sequences, Logits.of(logits, VOCABULARY));

        for (int i = 0; i < SEQUENCES; i++) {
            assertThat(choices.get(i)).isInstanceOf(i == 4 ? Choice.Failure.class : Choice.Token.class);
        }
        assertThat(((Choice.Failure) choices.get(4)).cause()).hasMessageContaining("the logit of token 17 is NaN");
    }

    private static Sequence sequence(SamplingParams sampling) {
        GenerationRequest request = new GenerationRequest(new int[] {1, 2}, sampling, 5, Set.of());
        Sequence sequence = new Sequence(request, new RecordingListener(), 100, VOCABULARY, 0);
        sequence.schedule(2, 0);
        return sequence;
    }
}
