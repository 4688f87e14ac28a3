package dev.herd.model;

import dev.herd.kernels.device.Candidates.Wish;
import java.util.List;
import java.util.Objects;

/**
 * What one step computes: a slice of each of several sequences, prefill slices and single decoded tokens mixed.
 *
 * @param slices at least one
 */
public record Batch(List<Slice> slices) {
    public Batch {
        slices = List.copyOf(slices);
    }

    /** Tokens of all slices. */
    public int tokenCount() {
        int count = 0;
        for (int i = 0; i < slices.size(); i++) {
            Slice slice = slices.get(i);
            count += slice.tokens().length;
        }
        return count;
    }

    /** Rows of logits that the step returns, slice after slice. */
    public int logitRows() {
        int count = 0;
        for (int i = 0; i < slices.size(); i++) {
            Slice slice = slices.get(i);
            count += slice.logitRows();
        }
        return count;
    }

    /**
     * Consecutive tokens of one sequence.
     *
     * @param tokens the ids
     * @param firstPosition position of the first of them; everything before is in the cache
     * @param blocks the sequence's blocks, reaching to the last of these positions
     * @param logitRows how many of the last tokens want logits: 0 in the middle of a prompt, 1 to sample, all to score
     * @param wish what a device is to find of the last row of logits
     * @param images what stands in for the embeddings of placeholder tokens
     */
    public record Slice(
            int[] tokens, int firstPosition, BlockTable blocks, int logitRows, Wish wish, List<ImageEmbedding> images) {
        public Slice {
            images = List.copyOf(images);
            for (ImageEmbedding image : images) {
                Objects.checkFromIndexSize(image.offset(), image.count(), tokens.length);
            }
        }

        /** A slice without image tokens, all of whose logits are wanted. */
        public Slice(int[] tokens, int firstPosition, BlockTable blocks, int logitRows) {
            this(tokens, firstPosition, blocks, logitRows, Wish.NONE, List.of());
        }
    }

    /**
     * A stretch of an encoded picture, in place of the embeddings of consecutive tokens.
     *
     * @param offset index among the slice's tokens of the first one
     * @param count number of tokens
     * @param rows {@code [imageTokens, hiddenSize]}, of which {@code count} are taken from {@code firstRow} on
     */
    public record ImageEmbedding(int offset, int count, float[] rows, int firstRow) {}
}
