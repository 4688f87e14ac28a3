package dev.herd.kernels.tornado;

import uk.ac.manchester.tornado.api.math.TornadoMath;

/** Sizes of the tiles of products on matrix units ({@link MmaTile}), and how many groups share the columns of one. */
final class MmaGeometry {
    /** Tokens of a tile, at most. */
    static final int MOST_TOKENS = 128;

    /** Tokens of a tile, at least. */
    static final int LEAST_TOKENS = 64;

    /** Rows of weights of a tile. */
    static final int ROWS = 128;

    /** Tokens, and rows, of a warp: 32 sums of 16 by 8, so that 32 multiplications share 12 reads of local memory. */
    static final int SIDE = 64;

    /** Inputs have zeros up to a multiple of this number of columns. */
    static final int COLUMNS = 64;

    /** Slices of 32 columns that share the scales of a Q4_K group; shares of the columns begin with such. */
    static final int GROUP_SLICES = 8;

    /** Registers of a multiprocessor. */
    private static final int REGISTERS = 65536;

    /** Registers of an item, of which half hold its sums. */
    private static final int ITEM_REGISTERS = 256;

    /** Groups for the largest tiles that a device holds at once: two on each of an H100's multiprocessors. */
    static final int OCCUPYING = 264;

    /** Rounds of them that sharing may lead to. */
    static final int MOST_ROUNDS = 3;

    /** A multiple of all numbers of shares. */
    private static final int COMMON = 840;

    /** Shares of the columns, at most. */
    static final int MOST_SHARES = 8;

    private MmaGeometry() {}

    /** Items of a group: a warp per 64 tokens and 64 rows. */
    static int group(int tile) {
        return tile;
    }

    /** Groups of {@link #group} items that a multiprocessor holds. */
    static int held(int tile) {
        return REGISTERS / ITEM_REGISTERS / group(tile);
    }

    /** Halves of an input that weights of this format meet. */
    static int halves(int format) {
        return format <= Weights.BF16 ? 2 : 1;
    }

    /** Tokens of a tile for weights of this format. Those of 16 bits need too much local memory for 128. */
    static int tokens(int format) {
        return format <= Weights.BF16 ? LEAST_TOKENS : MOST_TOKENS;
    }

    /**
     * How many groups share the columns of a tile: the least number with which the time that the device takes, in rounds of as
     * many groups as it holds at once, is least. So products of few tokens, too, occupy it. Tokens count as the next power of two,
     * so that steps with one grid share alike.
     *
     * @param tokens 1 at least
     */
    static int shares(int rows, int columns, int tokens, int tile) {
        int bits = tokens - 1;
        bits |= bits >> 1;
        bits |= bits >> 2;
        bits |= bits >> 4;
        bits |= bits >> 8;
        bits |= bits >> 16;
        int held = OCCUPYING * MOST_TOKENS / tile;
        int all = (rows + ROWS - 1) / ROWS * (bits / tile + 1);
        int most = TornadoMath.min(MOST_SHARES, (columns + 255) / 256);
        int best = 1;
        int time = (all + held - 1) / held * COMMON;
        for (int shares = 2; shares <= MOST_SHARES; shares++) {
            int rounds = (all * shares + held - 1) / held;
            if (shares <= most && all * shares <= MOST_ROUNDS * held) {
                if (10 * (rounds * COMMON / shares) < 9 * time) {
                    best = shares;
                    time = rounds * COMMON / shares;
                }
            }
        }
        return best;
    }

    /** Rows of the products of {@code rows} rows: whole tiles. */
    static int stride(int rows) {
        return (rows + ROWS - 1) / ROWS * ROWS;
    }
}
