package dev.herd.kernels.tornado;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.WorkerGrid;
import uk.ac.manchester.tornado.api.math.TornadoMath;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * What the vision encoder has besides products, norms and activations. Rows are those of {@code model.vision}: tile after
 * tile, each {@code tileRows} of them, its patches row by row and the class token last. Their number is at
 * {@link Step#TILE_ROWS}, that of image tokens at {@link Step#IMAGE_TOKENS}. Where an item has an element or a pair, every operand
 * is read once and the output written once.
 */
public final class Vision {
    private static final int GROUP = 64;

    private Vision() {}

    /**
     * Patches as rows: {@code out[row, channel, y, x]} of the patch's pixels, zeros for the class token. An item per
     * element, {@link Elements#grid} of rows and {@code 3 * patchSize²}; pixels are read once.
     *
     * <p>Twin: {@code VisionEncoder.unfold}.
     *
     * @param out {@code [rows, 3 * patchSize * patchSize]}
     * @param pixels {@code [tiles, 3, tileSize, tileSize]}
     * @param grid patches along a side
     */
    public static void unfold(
            KernelContext context, IntArray step, FloatArray out, FloatArray pixels, int grid, int patchSize) {
        int i = context.globalIdx;
        int row = context.groupIdy;
        int size = 3 * patchSize * patchSize;
        int tileSize = grid * patchSize;
        if (row < step.get(Step.TILE_ROWS) && i < size) {
            int tileRows = grid * grid + 1;
            int patch = row % tileRows;
            float value = 0;
            if (patch < grid * grid) {
                int line = row / tileRows * 3 + i / (patchSize * patchSize);
                int y = patch / grid * patchSize + i / patchSize % patchSize;
                int x = patch % grid * patchSize + i % patchSize;
                value = pixels.get((line * tileSize + y) * tileSize + x);
            }
            out.set(row * size + i, value);
        }
    }

    /**
     * Adds positions, and the class embedding to the rows of class tokens, whose product is zero. An item per element,
     * {@link Elements#grid}.
     *
     * <p>Twin: {@code VisionEncoder.embed}.
     *
     * @param hidden {@code [rows, size]}
     * @param positions {@code [tileRows, size]}
     * @param classEmbedding {@code [size]}
     */
    public static void embed(
            KernelContext context,
            IntArray step,
            FloatArray hidden,
            FloatArray positions,
            FloatArray classEmbedding,
            int size,
            int tileRows) {
        int i = context.globalIdx;
        int row = context.groupIdy;
        if (row < step.get(Step.TILE_ROWS) && i < size) {
            int inTile = row % tileRows;
            float value = hidden.get(row * size + i) + positions.get(inTile * size + i);
            if (inTile == tileRows - 1) {
                value += classEmbedding.get(i);
            }
            hidden.set(row * size + i, value);
        }
    }

    /**
     * Rotates adjacent pairs of every head, all tiles alike ({@code rotate} is a function of OpenCL). An item per pair,
     * {@link Elements#grid} of rows and {@code size / 2}.
     *
     * <p>Twin: {@code ScalarKernels.rope}.
     *
     * @param x {@code [rows, size]}, changed in place
     * @param rotations {@code [tileRows, headSize]}: cosine and sine of every pair's angle
     */
    public static void turnPairs(
            KernelContext context,
            IntArray step,
            FloatArray x,
            FloatArray rotations,
            int size,
            int headSize,
            int tileRows) {
        int pair = context.globalIdx;
        int row = context.groupIdy;
        if (row < step.get(Step.TILE_ROWS) && 2 * pair < size) {
            int at = row * size + 2 * pair;
            int angle = row % tileRows * headSize + 2 * pair % headSize;
            float cosine = rotations.get(angle);
            float sine = rotations.get(angle + 1);
            float a = x.get(at);
            float b = x.get(at + 1);
            x.set(at, a * cosine - b * sine);
            x.set(at + 1, a * sine + b * cosine);
        }
    }

    /** The grid of {@link #attend}. */
    public static WorkerGrid attendGrid(int heads, int rows) {
        return Grids.groups(heads, rows, GROUP);
    }

    /**
     * Attention of every row over all rows of its tile: one group of 64 items per head and row, 64 keys at a time with an
     * online softmax as in {@link Attention}. Keys and values of a tile come from the cache for all but its first rows.
     *
     * <p>Twin: {@code PlainKernels.attendHead}.
     *
     * @param out {@code [rows, heads, headSize]}
     * @param query the same shape
     * @param key the same shape
     * @param value the same shape
     */
    public static void attend(
            KernelContext context,
            IntArray step,
            FloatArray out,
            FloatArray query,
            FloatArray key,
            FloatArray value,
            int heads,
            int headSize,
            int tileRows) {
        float[] own = context.allocateFloatLocalArray(headSize);
        float[] weights = context.allocateFloatLocalArray(GROUP);
        float[] sums = context.allocateFloatLocalArray(headSize);
        int item = context.localIdx;
        int row = context.groupIdy;
        if (row < step.get(Step.TILE_ROWS)) {
            int size = heads * headSize;
            int head = context.groupIdx * headSize;
            int firstRow = row / tileRows * tileRows;
            float scale = 1 / TornadoMath.sqrt(headSize);
            for (int i = item; i < headSize; i += GROUP) {
                own[i] = query.get(row * size + head + i);
                sums[i] = 0;
            }
            float largest = -Float.MAX_VALUE;
            float total = 0;
            for (int start = 0; start < tileRows; start += GROUP) {
                int count = TornadoMath.min(GROUP, tileRows - start);
                context.localBarrier();
                if (item < count) {
                    int from = (firstRow + start + item) * size + head;
                    float score = 0;
                    for (int i = 0; i < headSize; i++) {
                        score += own[i] * key.get(from + i);
                    }
                    weights[item] = score * scale;
                }
                context.localBarrier();
                float before = largest;
                for (int i = 0; i < count; i++) {
                    largest = TornadoMath.max(largest, weights[i]);
                }
                float factor = TornadoMath.exp(before - largest);
                context.localBarrier();
                if (item < count) {
                    weights[item] = TornadoMath.exp(weights[item] - largest);
                }
                context.localBarrier();
                total *= factor;
                for (int i = 0; i < count; i++) {
                    total += weights[i];
                }
                for (int i = item; i < headSize; i += GROUP) {
                    float sum = 0;
                    for (int k = 0; k < count; k++) {
                        sum += weights[k] * value.get((firstRow + start + k) * size + head + i);
                    }
                    sums[i] = sums[i] * factor + sum;
                }
            }
            for (int i = item; i < headSize; i += GROUP) {
                out.set(row * size + head + i, sums[i] / total);
            }
            context.localBarrier();
        }
    }

    /**
     * Squares of {@code factor * factor} patches side by side, row by row: the inputs of the adapter (the pixel shuffle, but
     * {@code shuffle} is a function of OpenCL). An item per element,
     * {@link Elements#grid} of image tokens and {@code factor² * size}.
     *
     * <p>Twin: {@code VisionEncoder.merge}.
     *
     * @param out {@code [imageTokens, factor * factor, size]}
     * @param encoded {@code [rows, size]}
     * @param grid patches along a side
     */
    public static void mergePatches(
            KernelContext context, IntArray step, FloatArray out, FloatArray encoded, int grid, int factor, int size) {
        int i = context.globalIdx;
        int token = context.groupIdy;
        int width = factor * factor * size;
        if (token < step.get(Step.IMAGE_TOKENS) && i < width) {
            int perSide = grid / factor;
            int tile = token / (perSide * perSide);
            int inTile = token % (perSide * perSide);
            int part = i / size;
            int y = inTile / perSide * factor + part / factor;
            int x = inTile % perSide * factor + part % factor;
            int row = tile * (grid * grid + 1) + y * grid + x;
            out.set(token * width + i, encoded.get(row * size + i % size));
        }
    }
}
