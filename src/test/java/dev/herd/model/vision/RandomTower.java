package dev.herd.model.vision;

import dev.herd.kernels.Floats;
import dev.herd.kernels.QuantFormats;
import dev.herd.kernels.TensorType;
import dev.herd.kernels.WeightMatrix;
import dev.herd.weights.VisionConfig;
import dev.herd.weights.VisionTower;
import dev.herd.weights.VisionWeights;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Towers of any shape whose weights are large enough that every term moves the result. */
final class RandomTower {
    private final Random random;
    private final TensorType type;

    private RandomTower(Random random, TensorType type) {
        this.random = random;
        this.type = type;
    }

    static VisionTower of(VisionConfig config, int textSize, TensorType type, long seed) {
        RandomTower tower = new RandomTower(new Random(seed), type);
        int hidden = config.hiddenSize();
        List<VisionWeights.Layer> layers = new ArrayList<>();
        for (int layer = 0; layer < config.layerCount(); layer++) {
            layers.add(new VisionWeights.Layer(
                    tower.norm(hidden),
                    tower.linear(hidden, hidden),
                    tower.linear(hidden, hidden),
                    tower.linear(hidden, hidden),
                    tower.linear(hidden, hidden),
                    tower.norm(hidden),
                    tower.linear(config.ffnSize(), hidden),
                    tower.linear(hidden, config.ffnSize())));
        }
        return new VisionTower(
                config,
                new VisionWeights(
                        tower.matrix(hidden, config.patchValues()),
                        tower.floats(hidden, 0),
                        tower.floats((config.patchCount() + 1) * hidden, 0),
                        tower.norm(hidden),
                        layers,
                        tower.norm(hidden),
                        tower.matrix(config.outputSize(), config.mergedSize()),
                        tower.matrix(config.outputSize(), config.outputSize()),
                        tower.matrix(textSize, config.outputSize())));
    }

    private VisionWeights.Norm norm(int size) {
        return new VisionWeights.Norm(floats(size, 1), floats(size, 0));
    }

    private VisionWeights.Linear linear(int rows, int columns) {
        return new VisionWeights.Linear(matrix(rows, columns), floats(rows, 0));
    }

    private Floats floats(int size, double centre) {
        float[] values = new float[size];
        for (int i = 0; i < size; i++) {
            values[i] = (float) (centre + 0.2 * random.nextGaussian());
        }
        return Floats.copyOf(values);
    }

    private WeightMatrix matrix(int rows, int columns) {
        float[] values = new float[rows * columns];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) (random.nextGaussian() / Math.sqrt(columns));
        }
        MemorySegment data = Arena.ofAuto().allocate(type.bytes(values.length));
        QuantFormats.quantize(type, values, 0, values.length, data, 0);
        return new WeightMatrix.RowMajor(type, data, rows, columns);
    }
}
