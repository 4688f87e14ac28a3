package dev.herd.kernels.tornado;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.WorkerGrid;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * The feed-forward part of a mixture layer for up to eight tokens with {@code dp4a}: the shared expert for all of them, and each
 * token's chosen ones, in one launch for the first halves and in one for the second. Geometry and traffic are those of
 * {@link RoundedProducts}; a group has the shared expert's rows, or those of one assignment.
 */
public final class RoundedExperts {
    private RoundedExperts() {}

    /** The grid of {@link #gateUp} for up to {@code tokens} tokens. */
    public static WorkerGrid gateUpGrid(int sharedRows, int rows, int tokens, int expertsPerToken) {
        int most = Math.max(sharedRows, rows);
        return Grids.groups(1 + tokens * expertsPerToken, Math.ceilDiv(most, RoundedRows.ROWS), RoundedRows.GROUP);
    }

    /**
     * {@link RoundedProducts#gateUp} of the shared expert, and {@link Experts#gateUp} of the chosen ones. Each group of an
     * assignment chooses by itself, as {@link Router#route} does, which costs less than a launch. Groups of the same rows are
     * neighbours: of an expert that several tokens chose, all but one find them in the cache.
     *
     * <p>Twin: {@code DenseFfn}; {@code model.Router.assign}, {@code MoeLayer.gather}, then {@code DenseFfn} of the expert.
     *
     * @param shared {@code [tokens, sharedRows]}
     * @param routed {@code [tokens * expertsPerToken, rows]}
     * @param levels x, from tile 0 on; see {@link RoundedInputs}
     * @param factors x
     * @param sharedGate {@code [sharedRows, columns]} in a format
     * @param sharedUp {@code [sharedRows, columns]} in another
     * @param gate {@code [experts, rows, columns]} in a format
     * @param up {@code [experts, rows, columns]} in another
     * @param choice {@code [tokens, expertsPerToken]}, written
     * @param logits the router's, {@code [tokens, experts]}
     * @param sharedFormats of {@code sharedGate} and {@code sharedUp}, {@link RoundedProducts#formats}
     * @param formats of {@code gate} and {@code up}
     */
    public static void gateUp(
            KernelContext context,
            IntArray step,
            FloatArray shared,
            FloatArray routed,
            IntArray levels,
            FloatArray factors,
            IntArray sharedGate,
            IntArray sharedUp,
            IntArray gate,
            IntArray up,
            IntArray choice,
            FloatArray logits,
            int sharedFormats,
            int formats,
            int sharedRows,
            int rows,
            int columns,
            int experts,
            int expertsPerToken) {
        int tokens = step.get(Step.TOKENS);
        int group = context.groupIdy;
        int row = RoundedRows.row(group, context.localIdx);
        int token = RoundedRows.token(context.localIdx);
        if (context.groupIdx == 0) {
            float z = RoundedRows.sums(
                    context,
                    sharedGate,
                    RoundedProducts.first(sharedFormats),
                    group,
                    0,
                    sharedRows,
                    levels,
                    factors,
                    0,
                    0,
                    tokens,
                    RoundedRows.TOKENS,
                    columns);
            float factor = RoundedRows.sums(
                    context,
                    sharedUp,
                    RoundedProducts.second(sharedFormats),
                    group,
                    0,
                    sharedRows,
                    levels,
                    factors,
                    0,
                    0,
                    tokens,
                    RoundedRows.TOKENS,
                    columns);
            if (row < sharedRows) {
                if (token < tokens) {
                    shared.set(token * sharedRows + row, Elements.silu(z) * factor);
                }
            }
        } else {
            int assignment = context.groupIdx - 1;
            if (assignment < tokens * expertsPerToken) {
                int ofToken = assignment / expertsPerToken;
                int expert = Router.chosen(logits, ofToken * experts, experts, assignment % expertsPerToken);
                if (context.localIdx == 0) {
                    if (group == 0) {
                        choice.set(assignment, expert);
                    }
                }
                int matrix = expert * rows;
                int tile = ofToken * RoundedInputs.tiles(columns);
                float z = RoundedRows.sums(
                        context,
                        gate,
                        RoundedProducts.first(formats),
                        group,
                        matrix,
                        rows,
                        levels,
                        factors,
                        tile,
                        0,
                        1,
                        1,
                        columns);
                float factor = RoundedRows.sums(
                        context,
                        up,
                        RoundedProducts.second(formats),
                        group,
                        matrix,
                        rows,
                        levels,
                        factors,
                        tile,
                        0,
                        1,
                        1,
                        columns);
                if (row < rows) {
                    if (token == 0) {
                        float score = Elements.sigmoid(logits.get(ofToken * experts + expert));
                        routed.set(assignment * rows + row, Elements.silu(score * z) * (score * factor));
                    }
                }
            }
        }
        context.localBarrier();
    }

    /** The grid of {@link #down}. */
    public static WorkerGrid downGrid(int rows) {
        return RoundedProducts.grid(rows);
    }

    /**
     * {@code out[t, r] += sharedDown[r] · s[t] + Σ_k down[e, r] · x[a]} over the assignments
     * {@code a = t * expertsPerToken + k}.
     *
     * <p>Twin: {@code ScalarKernels.matMul}, then {@code MoeLayer.scatter}.
     *
     * @param out {@code [tokens, rows]}
     * @param levels s and x; see {@link RoundedInputs}
     * @param factors s and x
     * @param sharedDown {@code [rows, sharedColumns]} in {@code sharedFormat}
     * @param down {@code [experts, rows, columns]} in {@code format}
     * @param choice {@code [tokens, expertsPerToken]}
     * @param sharedFirst the tile where s begins
     * @param routedFirst the tile where x begins
     */
    public static void down(
            KernelContext context,
            IntArray step,
            FloatArray out,
            IntArray levels,
            FloatArray factors,
            IntArray sharedDown,
            IntArray down,
            IntArray choice,
            int sharedFormat,
            int format,
            int sharedFirst,
            int routedFirst,
            int rows,
            int sharedColumns,
            int columns,
            int expertsPerToken) {
        int tokens = step.get(Step.TOKENS);
        int group = context.groupIdx;
        float total = RoundedRows.sums(
                context,
                sharedDown,
                sharedFormat,
                group,
                0,
                rows,
                levels,
                factors,
                sharedFirst,
                0,
                tokens,
                RoundedRows.TOKENS,
                sharedColumns);
        for (int assignment = 0; assignment < tokens * expertsPerToken; assignment++) {
            int matrix = choice.get(assignment) * rows;
            int tile = routedFirst + assignment * RoundedInputs.tiles(columns);
            int ofToken = assignment / expertsPerToken;
            total += RoundedRows.sums(
                    context, down, format, group, matrix, rows, levels, factors, tile, ofToken, 1, 1, columns);
        }
        int row = RoundedRows.row(group, context.localIdx);
        int token = RoundedRows.token(context.localIdx);
        if (row < rows) {
            if (token < tokens) {
                int at = token * rows + row;
                out.set(at, out.get(at) + total);
            }
        }
        context.localBarrier();
    }
}
