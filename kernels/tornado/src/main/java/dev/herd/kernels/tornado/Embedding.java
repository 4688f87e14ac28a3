package dev.herd.kernels.tornado;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.WorkerGrid;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * The embeddings of tokens: one group of 64 items per token, each decoding 16 columns at a time; one row of the table is
 * read and one of floats written.
 */
public final class Embedding {
    private static final int GROUP = 64;

    private Embedding() {}

    /** The grid for up to {@code tokens} tokens. */
    public static WorkerGrid grid(int tokens) {
        return Grids.groups(tokens, GROUP);
    }

    /**
     * {@code hidden[t] = table[tokenId(t)]}, or the row of {@code images} that stands in for it.
     *
     * <p>Twin: {@code ScalarKernels.dequantizeRow}.
     *
     * @param step {@link Step}
     * @param places {@link Step}
     * @param hidden {@code [tokens, columns]}
     * @param table {@code [vocabulary, columns]} in {@code format}
     * @param images {@code [rows, columns]}, those of the step's encoded pictures; never empty
     */
    public static void embed(
            KernelContext context,
            IntArray step,
            IntArray places,
            FloatArray hidden,
            IntArray table,
            FloatArray images,
            int format,
            int columns) {
        int item = context.localIdx;
        int token = context.groupIdx;
        if (token < step.get(Step.TOKENS)) {
            int place = token * Step.PLACE;
            int image = places.get(place + Step.IMAGE_ROW);
            int row = places.get(place + Step.TOKEN_ID) * Weights.rowWords(format, columns);
            for (int unit = item; unit * Weights.UNIT < columns; unit += GROUP) {
                int first = unit * Weights.UNIT;
                int count = Weights.count(format, unit, columns);
                if (image < 0) {
                    float scale = Weights.scale(table, format, row, unit);
                    float offset = Weights.offset(table, format, row, unit);
                    for (int i = 0; i < count; i++) {
                        float level = Weights.level(table, format, row, unit, i);
                        hidden.set(token * columns + first + i, scale * level - offset);
                    }
                } else {
                    for (int i = 0; i < count; i++) {
                        hidden.set(token * columns + first + i, images.get(image * columns + first + i));
                    }
                }
            }
        }
    }
}
