package dev.herd.weights;

/**
 * Everything that distinguishes one DeBERTa-v3 classifier from another, as the checkpoint states it.
 *
 * @param hiddenSize width of the residual stream
 * @param vocabularySize rows of the embedding
 * @param layerCount layers of the encoder
 * @param headCount heads of each layer
 * @param ffnSize width of the feed-forward layers
 * @param maxPositions tokens of the longest sequence
 * @param positionBuckets buckets of relative positions in one direction; 0 if each distance has one of its own
 * @param maxRelativePositions distances beyond this are not told apart
 * @param labelCount classes
 * @param padToken id of tokens that nothing attends to
 * @param normEpsilon epsilon of all layer norms
 */
public record DebertaConfig(
        int hiddenSize,
        int vocabularySize,
        int layerCount,
        int headCount,
        int ffnSize,
        int maxPositions,
        int positionBuckets,
        int maxRelativePositions,
        int labelCount,
        int padToken,
        float normEpsilon) {
    public DebertaConfig {
        if (hiddenSize % headCount != 0) {
            throw new IllegalArgumentException(headCount + " heads cannot share a width of " + hiddenSize);
        }
        if (positionBuckets < 0 || positionBuckets == 1 || positionBuckets % 2 != 0) {
            throw new IllegalArgumentException("positionBuckets must be even, not " + positionBuckets);
        }
        if (positionBuckets > 0 && maxRelativePositions <= positionBuckets / 2 + 1) {
            throw new IllegalArgumentException(
                    maxRelativePositions + " relative positions are too few for " + positionBuckets + " buckets");
        }
    }

    /** Elements of one head. */
    public int headSize() {
        return hiddenSize / headCount;
    }

    /** Relative positions in one direction that have an embedding; the table has twice as many rows. */
    public int relativeSpan() {
        return positionBuckets > 0 ? positionBuckets : maxRelativePositions;
    }
}
