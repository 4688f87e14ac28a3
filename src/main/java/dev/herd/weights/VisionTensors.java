package dev.herd.weights;

import dev.herd.kernels.Floats;
import dev.herd.kernels.QuantFormats;
import dev.herd.kernels.TensorType;
import dev.herd.kernels.WeightMatrix;
import dev.herd.weights.VisionWeights.Layer;
import dev.herd.weights.VisionWeights.Linear;
import dev.herd.weights.VisionWeights.Norm;
import java.util.ArrayList;
import java.util.List;

/**
 * Finds the tensors of a vision tower and compares their shapes with the configuration; what they are called is the
 * format's.
 *
 * @param textSize width of the text decoder's residual stream
 */
record VisionTensors(TensorSet tensors, Names names, VisionConfig config, int textSize) {
    /**
     * What a format calls the tensors: whole names, or for norms and linear layers the part before {@code .weight} and
     * {@code .bias}.
     *
     * @param layer how the names of layer tensors begin, with {@code %d} for the layer
     */
    record Names(
            String patchProj,
            String classEmbedding,
            String positions,
            String preNorm,
            String postNorm,
            String adapterIn,
            String adapterOut,
            String projector,
            String layer,
            LayerNames inLayer) {}

    /** What follows the beginning of a layer's names. */
    record LayerNames(
            String attentionNorm,
            String query,
            String key,
            String value,
            String output,
            String ffnNorm,
            String ffnIn,
            String ffnOut) {}

    /** The tower. */
    VisionTower read() {
        int hidden = config.hiddenSize();
        List<Layer> layers = new ArrayList<>();
        for (int layer = 0; layer < config.layerCount(); layer++) {
            layers.add(layer(names.layer.formatted(layer)));
        }
        return new VisionTower(
                config,
                new VisionWeights(
                        patchProj(),
                        tensors.require(names.classEmbedding).floats(hidden),
                        positions(),
                        norm(names.preNorm),
                        layers,
                        norm(names.postNorm),
                        matrix(names.adapterIn, config.outputSize(), config.mergedSize()),
                        matrix(names.adapterOut, config.outputSize(), config.outputSize()),
                        matrix(names.projector, textSize, config.outputSize())));
    }

    private Layer layer(String prefix) {
        int hidden = config.hiddenSize();
        LayerNames in = names.inLayer;
        return new Layer(
                norm(prefix + in.attentionNorm),
                linear(prefix + in.query, hidden, hidden),
                linear(prefix + in.key, hidden, hidden),
                linear(prefix + in.value, hidden, hidden),
                linear(prefix + in.output, hidden, hidden),
                norm(prefix + in.ffnNorm),
                linear(prefix + in.ffnIn, config.ffnSize(), hidden),
                linear(prefix + in.ffnOut, hidden, config.ffnSize()));
    }

    /** Some converters keep the shape of a convolution, whose elements lie in the same order. */
    private WeightMatrix patchProj() {
        StoredTensor tensor = tensors.require(names.patchProj + ".weight");
        List<Long> convolution =
                List.of((long) config.hiddenSize(), 3L, (long) config.patchSize(), (long) config.patchSize());
        if (tensor.shape().equals(convolution)) {
            tensor = new StoredTensor(
                    tensor.file(),
                    tensor.name(),
                    tensor.typeName(),
                    tensor.type(),
                    List.of((long) config.hiddenSize(), (long) config.patchValues()),
                    tensor.data());
        }
        return tensor.matrix(config.hiddenSize(), config.patchValues());
    }

    private Floats positions() {
        int rows = config.patchCount() + 1;
        StoredTensor tensor = tensors.require(names.positions);
        WeightMatrix matrix = tensor.matrix(rows, config.hiddenSize());
        TensorType type = matrix.type();
        float[] values = new float[Math.multiplyExact(rows, config.hiddenSize())];
        QuantFormats.dequantize(type, tensor.data(), 0, values, 0, values.length);
        return Floats.copyOf(values);
    }

    private WeightMatrix matrix(String name, int rows, int columns) {
        return tensors.require(name + ".weight").matrix(rows, columns);
    }

    private Linear linear(String name, int rows, int columns) {
        return new Linear(
                matrix(name, rows, columns), tensors.require(name + ".bias").floats(rows));
    }

    private Norm norm(String name) {
        int size = config.hiddenSize();
        return new Norm(
                tensors.require(name + ".weight").floats(size),
                tensors.require(name + ".bias").floats(size));
    }
}
