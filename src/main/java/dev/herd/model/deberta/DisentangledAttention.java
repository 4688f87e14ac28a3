package dev.herd.model.deberta;

import dev.herd.kernels.Floats;
import dev.herd.kernels.Kernels;
import dev.herd.kernels.TensorType;
import dev.herd.kernels.WeightMatrix;
import dev.herd.weights.DebertaConfig;

/**
 * Attention in which content and relative position attend to each other, one head of one sequence at a time:
 * {@code score(i, j) = (q_i·k_j + q_i·pk_t + k_j·pq_t) / sqrt(3 · headSize)}, where {@code t} is the row of the table for
 * the distance of i and j. Immutable.
 */
final class DisentangledAttention {
    private static final int TERMS = 3;

    private final DebertaConfig config;
    private final Kernels kernels;
    private final RelativeBuckets buckets;

    DisentangledAttention(DebertaConfig config, Kernels kernels) {
        this.config = config;
        this.kernels = kernels;
        this.buckets = new RelativeBuckets(config);
    }

    /**
     * The projected positions of one head.
     *
     * @param query {@code [2 * relativeSpan, headSize]}
     * @param key likewise
     */
    record Positions(WeightMatrix query, WeightMatrix key) {}

    /**
     * Fills {@code scratch.context} from {@code scratch.query}, {@code key} and {@code value}, all {@code [tokens,
     * headSize]}. Tokens that are masked are attended to by none, and their own rows are zero.
     */
    void attend(HeadScratch scratch, Positions positions, boolean[] isMasked) {
        int tokens = isMasked.length;
        int headSize = config.headSize();
        int relative = 2 * config.relativeSpan();
        kernels.matMul(scratch.scores, scratch.query, matrix(scratch.key, tokens, headSize), tokens, 0, tokens);
        kernels.matMul(scratch.queryByPosition, scratch.query, positions.key, tokens, 0, relative);
        kernels.matMul(scratch.keyByPosition, scratch.key, positions.query, tokens, 0, relative);
        scratch.keyByPosition.read(0, scratch.positionToContent, 0, tokens * relative);
        for (int query = 0; query < tokens; query++) {
            scratch.scores.read((long) query * tokens, scratch.row, 0, tokens);
            scratch.queryByPosition.read((long) query * relative, scratch.byPosition, 0, relative);
            weigh(scratch, query, isMasked, relative);
            scratch.scores.write((long) query * tokens, scratch.row, 0, tokens);
        }
        WeightMatrix values = new WeightMatrix.Transposed(
                TensorType.F32,
                scratch.value.slice(0, (long) tokens * headSize).segment(),
                headSize,
                tokens,
                headSize,
                0);
        kernels.matMul(scratch.context, scratch.scores, values, tokens, 0, headSize);
    }

    /** Makes a row of products a row of weights that add up to one, or to nothing if the query is masked. */
    private void weigh(HeadScratch scratch, int query, boolean[] isMasked, int relative) {
        float[] row = scratch.row;
        int tokens = isMasked.length;
        float scale = (float) (1 / Math.sqrt((double) TERMS * config.headSize()));
        float largest = Float.NEGATIVE_INFINITY;
        for (int key = 0; key < tokens; key++) {
            int position = buckets.row(query, key);
            row[key] += scratch.byPosition[position] + scratch.positionToContent[key * relative + position];
            row[key] *= scale;
            largest = isMasked[key] ? largest : Math.max(largest, row[key]);
        }
        double sum = 0;
        for (int key = 0; key < tokens; key++) {
            row[key] = isMasked[query] || isMasked[key] ? 0 : (float) Math.exp(row[key] - largest);
            sum += row[key];
        }
        float share = sum == 0 ? 0 : (float) (1 / sum);
        for (int key = 0; key < tokens; key++) {
            row[key] *= share;
        }
    }

    /** The first {@code rows} rows of {@code x} as a matrix. */
    static WeightMatrix matrix(Floats x, int rows, int columns) {
        return new WeightMatrix.RowMajor(
                TensorType.F32, x.slice(0, (long) rows * columns).segment(), rows, columns);
    }
}
