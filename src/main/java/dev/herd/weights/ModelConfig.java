package dev.herd.weights;

import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Everything that distinguishes one Llama 4 text decoder from another, as the checkpoint states it. The forward pass
 * contains no number that is not here.
 *
 * @param hiddenSize width of the residual stream
 * @param vocabularySize rows of the embedding and of the output matrix
 * @param contextLength longest sequence that the checkpoint claims to support
 * @param headCount query heads
 * @param kvHeadCount key/value heads; query head h reads key/value head {@code h / groupSize()}
 * @param headSize elements of one head, even
 * @param expertFfnSize width of routed and shared experts; 0 without experts
 * @param denseFfnSize width of dense feed-forward layers; 0 without such layers
 * @param expertCount routed experts per MoE layer; 0 in a dense model
 * @param expertsPerToken routed experts that each token visits
 * @param layers kind of each layer, in order
 * @param attentionChunkSize tokens per attention chunk of LOCAL layers; 0 if LOCAL layers see everything before them
 * @param normEpsilon epsilon of all RMS norms, QK norm included
 * @param usesQkNorm whether LOCAL layers normalise queries and keys after the rotation
 * @param ropeTheta base of the rotary frequencies
 * @param ropeScaling the llama3 frequency step, or null without scaling
 * @param attentionTemperature temperature of GLOBAL layers, or null without
 */
public record ModelConfig(
        int hiddenSize,
        int vocabularySize,
        int contextLength,
        int headCount,
        int kvHeadCount,
        int headSize,
        int expertFfnSize,
        int denseFfnSize,
        int expertCount,
        int expertsPerToken,
        List<Layer> layers,
        int attentionChunkSize,
        float normEpsilon,
        boolean usesQkNorm,
        float ropeTheta,
        @Nullable RopeScaling ropeScaling,
        @Nullable AttentionTemperature attentionTemperature) {

    /** More layers than any model has; a file that claims more is damaged. */
    static final int MAX_LAYERS = 1 << 14;

    /** More experts than any model has. */
    static final int MAX_EXPERTS = 1 << 16;

    /** Validates what every later computation relies on. */
    public ModelConfig {
        layers = List.copyOf(layers);
        requirePositive("hiddenSize", hiddenSize);
        requirePositive("vocabularySize", vocabularySize);
        requirePositive("contextLength", contextLength);
        requirePositive("headCount", headCount);
        requirePositive("kvHeadCount", kvHeadCount);
        requirePositive("headSize", headSize);
        requirePositive("layers", layers.size());
        if (headCount % kvHeadCount != 0) {
            throw new IllegalArgumentException(headCount + " query heads cannot share " + kvHeadCount + " kv heads");
        }
        if ((long) headCount * headSize > Integer.MAX_VALUE) {
            throw new IllegalArgumentException(headCount + " heads of " + headSize + " elements are too many");
        }
        if (headSize % 2 != 0) {
            throw new IllegalArgumentException("headSize must be even, not " + headSize);
        }
        if (attentionChunkSize < 0) {
            throw new IllegalArgumentException("attentionChunkSize must not be negative: " + attentionChunkSize);
        }
        if (!(normEpsilon >= 0 && normEpsilon < 1)) {
            throw new IllegalArgumentException("normEpsilon must lie in [0, 1): " + normEpsilon);
        }
        if (!(ropeTheta > 0 && Float.isFinite(ropeTheta))) {
            throw new IllegalArgumentException("ropeTheta must be positive: " + ropeTheta);
        }
        if (layers.stream().anyMatch(Layer::isMoe)) {
            requirePositive("expertCount", expertCount);
            requirePositive("expertFfnSize", expertFfnSize);
            if (expertsPerToken < 1 || expertsPerToken > expertCount) {
                throw new IllegalArgumentException(
                        "expertsPerToken must lie in 1.." + expertCount + ", not " + expertsPerToken);
            }
        }
        if (!layers.stream().allMatch(Layer::isMoe)) {
            requirePositive("denseFfnSize", denseFfnSize);
        }
    }

    /** Query heads per key/value head. */
    public int groupSize() {
        return headCount / kvHeadCount;
    }

    /** Elements of all query heads of a token. */
    public int querySize() {
        return headCount * headSize;
    }

    /** Elements of all key heads of a token; values are as many. */
    public int keySize() {
        return kvHeadCount * headSize;
    }

    /** Number of layers. */
    public int layerCount() {
        return layers.size();
    }

    /** Number of layers of one kind. */
    public int layerCount(LayerKind kind) {
        return (int) layers.stream().filter(layer -> layer.kind() == kind).count();
    }

    /** The first position that a query at {@code position} may attend to in a layer of {@code kind}. */
    public int firstVisible(LayerKind kind, int position) {
        return kind == LayerKind.LOCAL && attentionChunkSize > 0 ? position - position % attentionChunkSize : 0;
    }

    /** A layer pattern in which every {@code globalInterval}-th layer is GLOBAL and every {@code moeStep}-th MoE. */
    public static List<Layer> pattern(int layerCount, int globalInterval, int moeStep) {
        return IntStream.range(0, layerCount)
                .mapToObj(layer -> new Layer(
                        globalInterval > 0 && (layer + 1) % globalInterval == 0 ? LayerKind.GLOBAL : LayerKind.LOCAL,
                        moeStep > 0 && (layer + 1) % moeStep == 0))
                .toList();
    }

    private static void requirePositive(String name, int value) {
        if (value <= 0) {
            throw new IllegalArgumentException(name + " must be positive, not " + value);
        }
    }

    private static void requirePositive(String name, float value) {
        if (!(value > 0 && Float.isFinite(value))) {
            throw new IllegalArgumentException(name + " must be positive, not " + value);
        }
    }

    /** What a layer is made of. */
    public record Layer(LayerKind kind, boolean isMoe) {}

    /** How a layer attends. */
    public enum LayerKind {
        /** Rotary positions, attention within the current chunk. */
        LOCAL,
        /** No positions, attention over everything before, queries scaled by the attention temperature. */
        GLOBAL
    }

    /**
     * The frequency step of Llama 3 and Scout (HF rope type {@code llama3}).
     *
     * @param factor divisor of the frequencies whose wavelength exceeds {@code originalContext / lowFrequencyFactor}
     */
    public record RopeScaling(float factor, float lowFrequencyFactor, float highFrequencyFactor, int originalContext) {
        public RopeScaling {
            requirePositive("factor of the rope scaling", factor);
            requirePositive("lowFrequencyFactor", lowFrequencyFactor);
            requirePositive("highFrequencyFactor", highFrequencyFactor);
            requirePositive("originalContext", originalContext);
        }
    }

    /** {@code query *= 1 + scale · ln(floor((position + 1) / floor) + 1)}. */
    public record AttentionTemperature(float floor, float scale) {
        public AttentionTemperature {
            requirePositive("floor of the attention temperature", floor);
            if (!Float.isFinite(scale)) {
                throw new IllegalArgumentException("scale of the attention temperature must be finite: " + scale);
            }
        }
    }
}
