package dev.herd.weights;

import static org.assertj.core.api.Assertions.assertThat;

import dev.herd.kernels.Floats;
import dev.herd.kernels.WeightMatrix;
import dev.herd.weights.ModelWeights.FfnWeights;
import dev.herd.weights.ModelWeights.GatedFfn;
import dev.herd.weights.ModelWeights.MoeFfn;
import java.util.ArrayList;
import java.util.List;

/** Compares the numbers of weights, whatever their encodings. */
final class WeightAssertions {
    private WeightAssertions() {}

    /** All elements of {@code matrix}, row after row. */
    static float[] elements(WeightMatrix matrix) {
        float[] values = new float[matrix.rows() * matrix.columns()];
        MatrixRows.read(matrix, 0, matrix.rows(), values);
        return values;
    }

    /** All elements of {@code floats}. */
    static float[] elements(Floats floats) {
        return floats.toArray(0, (int) floats.size());
    }

    /** Asserts that both hold bit for bit the same numbers. */
    static void assertSameNumbers(ModelWeights actual, ModelWeights expected) {
        List<float[]> actualNumbers = numbers(actual);
        List<float[]> expectedNumbers = numbers(expected);
        assertThat(actualNumbers).hasSameSizeAs(expectedNumbers);
        for (int i = 0; i < expectedNumbers.size(); i++) {
            assertThat(actualNumbers.get(i)).as("tensor " + i).isEqualTo(expectedNumbers.get(i));
        }
    }

    private static List<float[]> numbers(ModelWeights weights) {
        List<float[]> numbers = new ArrayList<>();
        numbers.add(elements(weights.embedding()));
        numbers.add(elements(weights.outputNorm()));
        numbers.add(elements(weights.output()));
        weights.layers().forEach(layer -> {
            numbers.add(elements(layer.attentionNorm()));
            numbers.add(elements(layer.queryProj()));
            numbers.add(elements(layer.keyProj()));
            numbers.add(elements(layer.valueProj()));
            numbers.add(elements(layer.outputProj()));
            numbers.add(elements(layer.ffnNorm()));
            addFfn(numbers, layer.ffn());
        });
        return numbers;
    }

    private static void addFfn(List<float[]> numbers, FfnWeights ffn) {
        switch (ffn) {
            case GatedFfn gated -> {
                numbers.add(elements(gated.gateProj()));
                numbers.add(elements(gated.upProj()));
                numbers.add(elements(gated.downProj()));
            }
            case MoeFfn moe -> {
                numbers.add(elements(moe.router()));
                moe.experts().forEach(expert -> addFfn(numbers, expert));
                addFfn(numbers, moe.sharedExpert());
            }
        }
    }
}
