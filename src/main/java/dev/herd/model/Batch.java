package dev.herd.model;

import java.util.List;

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
     */
    public record Slice(int[] tokens, int firstPosition, BlockTable blocks, int logitRows) {}
}
