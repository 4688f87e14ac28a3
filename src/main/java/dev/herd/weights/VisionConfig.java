package dev.herd.weights;

/**
 * Everything that distinguishes one vision tower of Llama 4 from another, as the checkpoint states it. What a tile becomes
 * is as wide as the text decoder's residual stream, {@link ModelConfig#hiddenSize}.
 *
 * @param tileSize pixels per side of a tile, a multiple of {@code patchSize}
 * @param patchSize pixels per side of a patch
 * @param hiddenSize width of the tower's residual stream
 * @param headCount attention heads, of {@code hiddenSize / headCount} elements each
 * @param ffnSize width of the feed-forward layers
 * @param layerCount layers
 * @param shuffleFactor side of the square of patches that become one image token
 * @param outputSize width of the adapter, before the projector
 * @param normEpsilon epsilon of all layer norms
 * @param ropeTheta base of the rotary frequencies
 */
public record VisionConfig(
        int tileSize,
        int patchSize,
        int hiddenSize,
        int headCount,
        int ffnSize,
        int layerCount,
        int shuffleFactor,
        int outputSize,
        float normEpsilon,
        float ropeTheta) {
    /** Larger tiles than any model has; a file that claims more is damaged. */
    static final int MAX_TILE_SIZE = 1 << 13;

    /** Red, green and blue. */
    private static final int CHANNELS = 3;

    /** Validates what every later computation relies on. */
    public VisionConfig {
        requirePositive("tileSize", tileSize);
        requirePositive("patchSize", patchSize);
        requirePositive("hiddenSize", hiddenSize);
        requirePositive("headCount", headCount);
        requirePositive("ffnSize", ffnSize);
        requirePositive("layerCount", layerCount);
        requirePositive("shuffleFactor", shuffleFactor);
        requirePositive("outputSize", outputSize);
        if (tileSize > MAX_TILE_SIZE) {
            throw new IllegalArgumentException("tiles of " + tileSize + " pixels are too large");
        }
        if (tileSize % patchSize != 0) {
            throw new IllegalArgumentException(
                    "tiles of " + tileSize + " pixels cannot be cut into patches of " + patchSize);
        }
        if (tileSize / patchSize % shuffleFactor != 0) {
            throw new IllegalArgumentException(tileSize / patchSize + " patches per side cannot be merged "
                    + shuffleFactor + " by " + shuffleFactor);
        }
        if (hiddenSize % headCount != 0 || hiddenSize / headCount % 4 != 0) {
            throw new IllegalArgumentException("a width of " + hiddenSize + " cannot be split into " + headCount
                    + " heads whose size is a multiple of 4");
        }
        if ((long) hiddenSize * shuffleFactor * shuffleFactor > Integer.MAX_VALUE) {
            throw new IllegalArgumentException("a width of " + hiddenSize + " is too large to merge " + shuffleFactor
                    + " by " + shuffleFactor + " patches");
        }
        if (!(normEpsilon >= 0 && normEpsilon < 1)) {
            throw new IllegalArgumentException("normEpsilon must lie in [0, 1): " + normEpsilon);
        }
        if (!(ropeTheta > 0 && Float.isFinite(ropeTheta))) {
            throw new IllegalArgumentException("ropeTheta must be positive: " + ropeTheta);
        }
    }

    private static void requirePositive(String name, int value) {
        if (value <= 0) {
            throw new IllegalArgumentException(name + " must be positive, not " + value);
        }
    }

    /** Patches per side of a tile. */
    public int gridSize() {
        return tileSize / patchSize;
    }

    /** Patches of a tile. */
    public int patchCount() {
        return gridSize() * gridSize();
    }

    /** Elements of a patch, all channels. */
    public int patchValues() {
        return CHANNELS * patchSize * patchSize;
    }

    /** Elements of one attention head. */
    public int headSize() {
        return hiddenSize / headCount;
    }

    /** Image tokens of a tile. */
    public int tokensPerTile() {
        return patchCount() / (shuffleFactor * shuffleFactor);
    }

    /** Elements of the patches that become one image token. */
    public int mergedSize() {
        return hiddenSize * shuffleFactor * shuffleFactor;
    }
}
