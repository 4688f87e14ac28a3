package dev.herd.kernels.device;

import dev.herd.kernels.Floats;
import dev.herd.kernels.WeightMatrix;
import java.util.List;

/**
 * A vision encoder with adapter and projector as a device needs to know it. Matrices lie in the mapped checkpoint. The rows
 * of a tile are its patches row by row, and the class token last.
 *
 * @param patchProj {@code [hiddenSize, patchValues]}
 * @param classEmbedding {@code [hiddenSize]}
 * @param positions {@code [tileRows, hiddenSize]}
 * @param rotations {@code [tileRows, headSize / 2, 2]}: cosine and sine of every pair's angle
 * @param adapterIn {@code [outputSize, mergedSize]}
 * @param adapterOut {@code [outputSize, outputSize]}
 * @param projector {@code [textSize, outputSize]}
 */
public record Encoder(
        Sizes sizes,
        WeightMatrix patchProj,
        Floats classEmbedding,
        Floats positions,
        Floats rotations,
        Norm preNorm,
        List<Layer> layers,
        Norm postNorm,
        WeightMatrix adapterIn,
        WeightMatrix adapterOut,
        WeightMatrix projector) {
    public Encoder {
        layers = List.copyOf(layers);
        if (layers.isEmpty()) {
            throw new IllegalArgumentException("an encoder without layers");
        }
    }

    /** Width of the feed-forward parts. */
    public int ffnSize() {
        return layers.getFirst().ffnIn().weight().rows();
    }

    /** Elements of an embedding that comes out. */
    public int textSize() {
        return projector.rows();
    }

    /**
     * Sizes that all layers share.
     *
     * @param gridSize patches along a side of a tile
     * @param patchSize pixels along a side of a patch
     * @param shuffleFactor side of the square of patches that become one embedding
     * @param maxTiles tiles of the largest batch
     */
    public record Sizes(
            int gridSize,
            int patchSize,
            int hiddenSize,
            int headCount,
            int shuffleFactor,
            float normEpsilon,
            int maxTiles) {
        private static final int CHANNELS = 3;

        /** Rows of a tile: its patches and the class token. */
        public int tileRows() {
            return gridSize * gridSize + 1;
        }

        /** Pixels of a tile, of all channels. */
        public int tileValues() {
            return gridSize * gridSize * patchValues();
        }

        /** Pixels of a patch, of all channels. */
        public int patchValues() {
            return CHANNELS * patchSize * patchSize;
        }

        /** Embeddings that a tile becomes. */
        public int tokensPerTile() {
            return gridSize * gridSize / (shuffleFactor * shuffleFactor);
        }

        /** Elements of the patches that become one embedding. */
        public int mergedSize() {
            return shuffleFactor * shuffleFactor * hiddenSize;
        }

        /** Elements of an attention head. */
        public int headSize() {
            return hiddenSize / headCount;
        }
    }

    /** One layer: attention and a feed-forward part, each behind a norm. */
    public record Layer(
            Norm attentionNorm,
            Linear queryProj,
            Linear keyProj,
            Linear valueProj,
            Linear outputProj,
            Norm ffnNorm,
            Linear ffnIn,
            Linear ffnOut) {}

    /**
     * A layer norm.
     *
     * @param weight {@code [hiddenSize]}
     * @param bias {@code [hiddenSize]}
     */
    public record Norm(Floats weight, Floats bias) {}

    /**
     * A product with a bias.
     *
     * @param bias {@code [weight.rows()]}
     */
    public record Linear(WeightMatrix weight, Floats bias) {}

    /**
     * The pixels of one tile.
     *
     * @param values {@code [any]}, in which {@code [3, side, side]} begin at {@code first}; not copied
     */
    public record Tile(float[] values, int first) {}
}
