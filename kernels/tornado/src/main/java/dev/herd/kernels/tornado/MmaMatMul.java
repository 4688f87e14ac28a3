package dev.herd.kernels.tornado;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.WorkerGrid;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * Matrices times many tokens on matrix units, for devices that have them ({@link Capabilities#hasMma}): what {@link MatMul}
 * and {@link ExpertMatMul} are elsewhere. Inputs are halves of {@link HalfInputs}, weights are decoded to halves, sums are
 * floats; docs/adr/0017 has the bound of the error.
 *
 * <p>A group of 128 items computes 128 rows of 64 tokens ({@link MmaTile}). Traffic is the weights once per 64 tokens, the
 * inputs once per 128 rows at two bytes an element, the result twice, and once more where it is added to what is there.
 */
public final class MmaMatMul {
    /** Tokens of a tile of an expert: a prompt gives each expert a part of it. */
    private static final int EXPERT_TILE = 64;

    private MmaMatMul() {}

    /** The grid of {@link #matMul} for that many rows and up to {@code tokens} tokens. */
    public static WorkerGrid grid(int rows, int tokens, int tile) {
        return tiles(rows, Math.ceilDiv(tokens, tile), tile);
    }

    /** The grid of {@link #expertMatMul} for up to {@code assignments} pairs of token and expert. */
    public static WorkerGrid expertGrid(int rows, int assignments, int experts) {
        return tiles(rows, expertTiles(assignments, experts), EXPERT_TILE);
    }

    private static WorkerGrid tiles(int rows, int tiles, int tile) {
        return Grids.groups(Math.ceilDiv(rows, MmaTile.ROWS), tiles, MmaTile.group(tile));
    }

    /** Tiles that assignments make at most, however they spread over experts. */
    private static int expertTiles(int assignments, int experts) {
        return Math.ceilDiv(assignments, EXPERT_TILE) + Math.min(experts, assignments);
    }

    /** Elements of {@code products} for {@link #matMul}. */
    static long products(int rows, long tokens) {
        return Math.ceilDiv(tokens, MmaTile.MOST_TOKENS) * MmaTile.MOST_TOKENS * MmaTile.stride(rows);
    }

    /** Elements of {@code products} for {@link #expertMatMul}. */
    static long expertProducts(int rows, int assignments, int experts) {
        return (long) expertTiles(assignments, experts) * EXPERT_TILE * MmaTile.stride(rows);
    }

    /**
     * {@code out[t, r] (+)= Σ_c x[t, c] · w[r, c]}.
     *
     * <p>Twin: {@code ScalarKernels.matMul}.
     *
     * @param step {@link Step}; the number of tokens is at {@code countAt}
     * @param out {@code [tokens, rows]}, overwritten, or added to if {@code adds} is 1
     * @param products scratch memory of {@link #products} elements
     * @param x {@code [tokens, columns]} as {@link HalfInputs#pack} left it
     * @param scales {@code [tokens]}, the same
     * @param w {@code [rows, columns]} in {@code format}, and its {@link HalfRange}
     */
    public static void matMul(
            KernelContext context,
            IntArray step,
            FloatArray out,
            FloatArray products,
            IntArray x,
            FloatArray scales,
            IntArray w,
            int format,
            int rows,
            int columns,
            int tile,
            int countAt,
            int adds) {
        int first = context.groupIdy * tile;
        int end = step.get(countAt);
        if (first < end) {
            MmaTile.multiply(
                    context,
                    out,
                    products,
                    x,
                    scales,
                    w,
                    step,
                    Tile.IN_ORDER,
                    format,
                    rows,
                    columns,
                    tile,
                    0,
                    1,
                    first,
                    end,
                    adds);
        }
    }

    /**
     * {@code out[a, r] = Σ_c x[a / perInput, c] · w[e, r, c]} for every assignment a, with e its expert: for every expert a
     * product with the tokens that chose it, all in one launch. The second dimension of groups is tiles of 64 assignments of
     * one expert; each group finds its expert from the offsets that {@link Router#group} left.
     *
     * <p>Twin: {@code MoeLayer.gather} without the score, {@code ScalarKernels.matMul} per expert, {@code scatter}.
     *
     * @param out {@code [assignments, rows]}
     * @param products scratch memory of {@link #expertProducts} elements
     * @param x {@code [assignments / perInput, columns]} as {@link HalfInputs#pack} left it
     * @param scales {@code [assignments / perInput]}, the same
     * @param w {@code [experts, rows, columns]} in {@code format}, and their {@link HalfRange}
     * @param order assignments, those of expert 0 first
     * @param offsets where each expert's begin
     * @param perInput assignments that share a row of x: expertsPerToken for tokens, 1 for what each expert computed
     */
    public static void expertMatMul(
            KernelContext context,
            FloatArray out,
            FloatArray products,
            IntArray x,
            FloatArray scales,
            IntArray w,
            IntArray order,
            IntArray offsets,
            int format,
            int rows,
            int columns,
            int experts,
            int perInput) {
        int left = context.groupIdy;
        int expert = -1;
        int first = 0;
        for (int e = 0; e < experts; e++) {
            int start = offsets.get(e);
            int tiles = (offsets.get(e + 1) - start + EXPERT_TILE - 1) / EXPERT_TILE;
            if (left >= 0 && left < tiles) {
                expert = e;
                first = start + left * EXPERT_TILE;
            }
            left -= tiles;
        }
        if (expert >= 0) {
            MmaTile.multiply(
                    context,
                    out,
                    products,
                    x,
                    scales,
                    w,
                    order,
                    perInput,
                    format,
                    rows,
                    columns,
                    EXPERT_TILE,
                    expert,
                    experts,
                    first,
                    offsets.get(expert + 1),
                    0);
        }
    }
}
