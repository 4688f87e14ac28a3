package dev.herd.kernels.tornado;

import uk.ac.manchester.tornado.api.math.TornadoMath;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;

/** Sizes of the tiles of {@link MmaAttention} and {@link MmaVision}, and what an item does there with scores and sums of its own. */
final class AttentionTile {
    /** Queries of a group. */
    static final int ROWS = 64;

    /** Positions of a tile. */
    static final int POSITIONS = 64;

    /** Largest heads, of which a warp holds 16 rows of sums in registers. */
    static final int MOST_ELEMENTS = 128;

    /** Groups that work side by side, at most: about three on each of an H100's multiprocessors. */
    private static final int MOST_GROUPS = 384;

    static final float LOWEST = -Float.MAX_VALUE;

    private static final float LARGEST_HALF = 65504;

    private AttentionTile() {}

    /** Tokens of a run, or 0 if there is no room for such heads, or the cache is not of halves. */
    static int runLength(int heads, int kvHeads, int headSize, int format) {
        boolean fits = format == Weights.F16 && headSize % Weights.UNIT == 0 && headSize <= MOST_ELEMENTS;
        return fits ? ROWS / (heads / kvHeads) : 0;
    }

    /** Groups along the runs; each handles every so many-th. */
    static int strands(int kvHeads, int mostRuns) {
        return Math.min(mostRuns, Math.max(1, MOST_GROUPS / kvHeads));
    }

    /** Elements of {@code sums}. */
    static long sums(int kvHeads, int headSize, int strands) {
        return (long) ROWS * (headSize + POSITIONS) * kvHeads * strands;
    }

    /** Two halves in an int; what is too large for one becomes the largest, but what is not finite no number. */
    static int pair(float low, float high) {
        float finiteLow = TornadoMath.max(-LARGEST_HALF, TornadoMath.min(LARGEST_HALF, low));
        float finiteHigh = TornadoMath.max(-LARGEST_HALF, TornadoMath.min(LARGEST_HALF, high));
        return HalfInputs.pair(finiteLow + 0 * low, finiteHigh + 0 * high); // a device's minimum is the number
    }

    /** The score of a position that a query sees, or less than any. */
    static float seen(float score, int position, int first, int end) {
        float seen = LOWEST;
        if (position >= first && position < end) {
            seen = score;
        }
        return seen;
    }

    /** The weight of a position, before all are divided by their sum. */
    static float weight(float score, float largest, int position, int first, int end) {
        float weight = 0;
        if (position >= first && position < end) {
            weight = TornadoMath.exp(score - largest);
        }
        return weight;
    }

    /** Where the result of a query begins: token after token, head after head. */
    static int target(int firstToken, int row, int heads, int groupSize, int kvHead, int headSize) {
        return ((firstToken + row / groupSize) * heads + kvHead * groupSize + row % groupSize) * headSize;
    }

    static void put(FloatArray out, FloatArray sums, int from, int headSize, float total, int to) {
        float factor = 1 / total;
        for (int j = 0; j < headSize; j += 8) {
            out.set(to + j, factor * sums.get(from + j));
            out.set(to + j + 1, factor * sums.get(from + j + 1));
        }
    }
}
