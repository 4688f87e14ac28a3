package dev.herd.kernels.tornado;

import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * What changes from step to step and so travels in arrays, since TornadoVM compiles numbers in: the layout of the arrays
 * {@code step}, {@code places} and {@code layer} that kernels take.
 *
 * <p>{@code step} holds how many tokens and rows of logits there are. {@code places} holds a row of {@link #PLACE} ints per
 * token. {@code tables} holds the block ids of all sequences, one table per sequence and layer kind, each starting where
 * the token's {@link #LOCAL_TABLE} or {@link #GLOBAL_TABLE} says; the block of position p is
 * {@code tables[start + p / blockSize * blocksPerStep + unit]}, with the layer's unit in {@code layer[0]}.
 */
public final class Step {
    /** In {@code step}: number of tokens. */
    public static final int TOKENS = 0;

    /** In {@code step}: number of rows that want logits. */
    public static final int LOGIT_ROWS = 1;

    /** In {@code step}: number of tiles in a batch of the vision encoder, times its rows per tile. */
    public static final int TILE_ROWS = 2;

    /** In {@code step}: number of image tokens of those tiles. */
    public static final int IMAGE_TOKENS = 3;

    /** In {@code step}: number of runs, which are a few tokens of one sequence that attend together. */
    public static final int RUNS = 4;

    /** In {@code step}: number of the first runs that are a token each, over whose past several groups go. */
    public static final int ALONE = 5;

    /** Elements of {@code step}. */
    public static final int SIZE = 6;

    /** Ints per token in {@code places}: whole loads of four. */
    public static final int PLACE = 12;

    /** In a place: the token's id. */
    public static final int TOKEN_ID = 0;

    /** In a place: the token's position. */
    public static final int POSITION = 1;

    /** In a place: the first position that LOCAL layers see. */
    public static final int LOCAL_FIRST = 2;

    /** In a place: where the table of LOCAL blocks starts. */
    public static final int LOCAL_TABLE = 3;

    /** In a place: where the table of GLOBAL blocks starts. */
    public static final int GLOBAL_TABLE = 4;

    /** In a place: the row of {@code images} that stands for the token's embedding, or -1. */
    public static final int IMAGE_ROW = 5;

    /** In a place of row r: the token whose hidden state the r-th row of logits is of. */
    public static final int LOGIT_TOKEN = 6;

    /** In a place of row r of logits, which have places of their own: how many candidates are wished for. */
    public static final int CANDIDATES = 0;

    /** In a place of row r: the first token of the r-th run. */
    public static final int RUN = 7;

    /** In a place of row r: tokens of the r-th run. */
    public static final int RUN_TOKENS = 8;

    private Step() {}

    /**
     * What a kernel goes through that handles tokens, or runs of a token.
     *
     * @param alone 1 if it handles only the {@link #ALONE} runs, 0 if all tokens
     */
    static int count(IntArray step, int alone) {
        return alone == 1 ? step.get(ALONE) : step.get(TOKENS);
    }

    /** The n-th of them. */
    static int token(IntArray places, int n, int alone) {
        return alone == 1 ? places.get(n * PLACE + RUN) : n;
    }

    /**
     * Divides the tokens of a step into runs.
     *
     * @param sequenceOf the sequence of every token; those of one lie one after the other
     * @param length tokens of a run, at most
     * @param mostAlone runs of one token that come first, as {@link #ALONE} ones, at most
     */
    static void writeRuns(IntArray step, IntArray places, int[] sequenceOf, int length, int mostAlone) {
        int alone = 0;
        for (int first = 0; first < sequenceOf.length && alone < mostAlone; first = end(sequenceOf, first, length)) {
            if (end(sequenceOf, first, length) == first + 1) {
                writeRun(places, alone++, first, 1);
            }
        }
        int runs = alone;
        int left = alone; // of those that are written
        int end = 0;
        for (int first = 0; first < sequenceOf.length; first = end) {
            end = end(sequenceOf, first, length);
            if (end == first + 1 && left > 0) {
                left--;
            } else {
                writeRun(places, runs++, first, end - first);
            }
        }
        step.set(RUNS, runs);
        step.set(ALONE, alone);
    }

    private static void writeRun(IntArray places, int run, int first, int tokens) {
        places.set(run * PLACE + RUN, first);
        places.set(run * PLACE + RUN_TOKENS, tokens);
    }

    /** Where a run ends that begins at {@code first}. */
    private static int end(int[] sequenceOf, int first, int length) {
        int end = first + 1;
        while (end < sequenceOf.length && end < first + length && sequenceOf[end] == sequenceOf[first]) {
            end++;
        }
        return end;
    }
}
