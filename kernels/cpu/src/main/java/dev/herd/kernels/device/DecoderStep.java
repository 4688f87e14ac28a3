package dev.herd.kernels.device;

import dev.herd.kernels.Floats;
import dev.herd.kernels.device.Candidates.Wish;
import java.util.List;

/**
 * What a decoder computes at once: tokens of several sequences, sequence after sequence.
 *
 * @param tokenIds {@code [tokens]}
 * @param positions {@code [tokens]}
 * @param localFirst {@code [tokens]} the first position that LOCAL layers see
 * @param sequenceOf {@code [tokens]} index into {@code sequences}
 * @param sequences where keys and values of each sequence lie
 * @param rotations {@code [tokens, headSize / 2, 2]}, possibly more
 * @param queryFactors {@code [tokens]}, possibly more
 * @param logitTokens tokens whose logits are wanted
 * @param wishes {@code [logitTokens.length]} what is wanted of their logits before any row is asked for
 * @param images rows that stand in for embeddings
 */
public record DecoderStep(
        int[] tokenIds,
        int[] positions,
        int[] localFirst,
        int[] sequenceOf,
        List<SequenceBlocks> sequences,
        Floats rotations,
        Floats queryFactors,
        int[] logitTokens,
        List<Wish> wishes,
        List<ImageRows> images) {
    public DecoderStep {
        sequences = List.copyOf(sequences);
        wishes = List.copyOf(wishes);
        images = List.copyOf(images);
    }

    /** Number of tokens. */
    public int tokens() {
        return tokenIds.length;
    }

    /**
     * The blocks of one sequence, numbered by position: entry {@code position / blockSize * blocksPerStep + unit}.
     *
     * @param local those of LOCAL layers, valid from the attention chunk of the first token on
     * @param global those of GLOBAL layers
     * @param localFrom the first position that LOCAL layers see
     * @param length positions, those of this step included
     */
    public record SequenceBlocks(int[] local, int[] global, int localFrom, int length) {}

    /**
     * Rows of an encoded picture in place of the embeddings of consecutive tokens.
     *
     * @param token the first of them
     * @param rows {@code [any, hiddenSize]}, of which {@code count} are taken from {@code firstRow} on
     */
    public record ImageRows(int token, int count, float[] rows, int firstRow) {}
}
