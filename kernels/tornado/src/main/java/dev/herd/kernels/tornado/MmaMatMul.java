package dev.herd.kernels.tornado;

import java.util.stream.IntStream;
import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.WorkerGrid;
import uk.ac.manchester.tornado.api.math.TornadoMath;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * Matrices times many tokens on matrix units, for devices that have them ({@link Capabilities#hasMma}): what {@link MatMul}
 * and {@link ExpertMatMul} are elsewhere. Inputs are halves of {@link HalfInputs}, weights are decoded to halves, sums are
 * floats; docs/adr/0017 has the bound of the error.
 *
 * <p>A group of 128 items computes 128 rows of 128 tokens, or half as many items half as many tokens ({@link MmaGeometry#tokens}):
 * for weights of 16 bits, and for experts. Traffic is the weights once per tile of tokens, the inputs once per 128 rows at two
 * bytes an element, the result three times, and once more where it is added to what is there.
 */
public final class MmaMatMul {
    /** Tokens of a tile of an expert: a prompt gives each expert a part of it. */
    static final int EXPERT_TILE = 64;

    private MmaMatMul() {}

    /** The grid of {@link #matMul} for a bucket of {@code tokens}. */
    public static WorkerGrid grid(int rows, int columns, int tokens, int tile) {
        int tiles = Math.ceilDiv(tokens, tile);
        return Grids.groups(
                Math.ceilDiv(rows, MmaGeometry.ROWS),
                tiles,
                mostShares(rows, columns, tokens, tile),
                MmaGeometry.group(tile));
    }

    /**
     * The most that any number of tokens of a bucket asks for: more than half as many as its name says. They ask for the same if
     * that is a power of two, so that no group comes for nothing.
     */
    private static int mostShares(int rows, int columns, int tokens, int tile) {
        return Math.max(
                MmaGeometry.shares(rows, columns, tokens / 2 + 1, tile),
                MmaGeometry.shares(rows, columns, tokens, tile));
    }

    /** Whether there is a number of tokens for which groups share columns. */
    static boolean canShare(int rows, int columns, int tile) {
        return IntStream.iterate(
                        tile,
                        tokens -> tokens <= MmaGeometry.MOST_ROUNDS * MmaGeometry.OCCUPYING * MmaGeometry.MOST_TOKENS,
                        tokens -> 2 * tokens)
                .anyMatch(tokens -> MmaGeometry.shares(rows, columns, tokens, tile) > 1);
    }

    /** The grid of {@link #addShares}; of one group if there is nothing to add up. */
    public static WorkerGrid sharesGrid(int rows, int columns, int tokens, int tile) {
        return mostShares(rows, columns, tokens, tile) == 1 ? Elements.grid(1, 1) : Elements.grid(tokens, rows);
    }

    /** The grid of {@link #expertMatMul} for up to {@code assignments} pairs of token and expert. */
    public static WorkerGrid expertGrid(int rows, int assignments, int experts) {
        return Grids.groups(
                Math.ceilDiv(rows, MmaGeometry.ROWS),
                expertTiles(assignments, experts),
                MmaGeometry.group(EXPERT_TILE));
    }

    /** Tiles that assignments make at most, however they spread over experts. */
    private static int expertTiles(int assignments, int experts) {
        return Math.ceilDiv(assignments, EXPERT_TILE) + Math.min(experts, assignments);
    }

    /** Elements of {@code products} for {@link #matMul}, at most. */
    static long products(int rows, long tokens) {
        long tiles = Math.ceilDiv(rows, MmaGeometry.ROWS) * Math.ceilDiv(tokens, MmaGeometry.MOST_TOKENS);
        long shared = Math.min(MmaGeometry.MOST_ROUNDS * MmaGeometry.OCCUPYING, MmaGeometry.MOST_SHARES * tiles);
        return Math.max(tiles, shared) * MmaGeometry.ROWS * MmaGeometry.MOST_TOKENS;
    }

    /** Elements of {@code products} for {@link #expertMatMul}. */
    static long expertProducts(int rows, int assignments, int experts) {
        return (long) expertTiles(assignments, experts) * EXPERT_TILE * MmaGeometry.stride(rows);
    }

    /**
     * {@code out[t, r] (+)= Σ_c x[t, c] · w[r, c]}, if there are enough tiles to occupy the device. Else several groups share
     * the columns of a tile, each leaves its sums in {@code products}, and {@link #addShares} has to follow.
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
        int tiles = (end + tile - 1) / tile;
        int shares = MmaGeometry.shares(rows, columns, TornadoMath.max(1, end), tile);
        if (first < end && context.groupIdz < shares) {
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
                    context.groupIdz * tiles + context.groupIdy,
                    context.groupIdz,
                    shares,
                    adds);
        }
    }

    /**
     * {@code out[t, r] (+)= Σ} of what groups that shared the columns left, if {@link #matMul} had several do so; else nothing.
     * An item per element, which reads it in every share and writes it once.
     *
     * <p>Twin: what {@link #matMul} itself writes where a group has all columns.
     *
     * @param out {@code [tokens, rows]}, overwritten, or added to if {@code adds} is 1
     * @param products what {@link #matMul} left
     * @param scales the same as there, like all other arguments
     */
    public static void addShares(
            KernelContext context,
            IntArray step,
            FloatArray out,
            FloatArray products,
            FloatArray scales,
            IntArray w,
            int format,
            int rows,
            int columns,
            int tile,
            int countAt,
            int adds) {
        int row = context.globalIdx;
        int token = context.groupIdy;
        int end = step.get(countAt);
        int tiles = (end + tile - 1) / tile;
        int shares = MmaGeometry.shares(rows, columns, TornadoMath.max(1, end), tile);
        if (shares > 1 && token < end && row < rows) {
            float range = Bits.single(w.get(rows * Weights.rowWords(format, columns)));
            int stride = MmaGeometry.stride(rows);
            float sum = 0;
            for (int share = 0; share < shares; share++) {
                sum += products.get((share * tiles * tile + token) * stride + row);
            }
            sum *= scales.get(token) / range;
            int at = token * rows + row;
            if (adds == 1) {
                sum += out.get(at);
            }
            out.set(at, sum);
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
                    context.groupIdy,
                    0,
                    1,
                    0);
        }
    }
}
