package dev.herd.kernels;

/**
 * The numeric operations that a CPU forward pass is composed of. Every method computes one range and returns; the
 * caller splits the work among threads, so that no call crosses a thread boundary and none is as small as a dot product.
 *
 * <p>Implementations are stateless to the caller and safe to use from several threads on disjoint outputs. They agree
 * with the scalar provider within the tolerances that {@code docs/adr/0003} states; the contract test runs on each.
 */
public interface Kernels {
    /** Name of the provider, as {@code herd.kernels} takes it. */
    String name();

    /** Name, instructions and vector width for the startup line: {@code vector kernels (512-bit)}. */
    default String description() {
        return name() + " kernels";
    }

    /** Whether {@link #matMul} and {@link #dequantizeRow} read this encoding; a declared capability, not a guess. */
    boolean supports(WeightMatrix weights);

    /**
     * {@code out[t, r] = Σ_c x[t, c] · weights[r, c]} for every t and for r in {@code [fromRow, toRow)}.
     *
     * @param out {@code [tokens, weights.rows()]}; other rows are left alone
     * @param x {@code [tokens, weights.columns()]}
     */
    void matMul(Floats out, Floats x, WeightMatrix weights, int tokens, int fromRow, int toRow);

    /**
     * Writes row {@code row} of {@code weights} as floats: the embedding of one token.
     *
     * @param out {@code columns} elements from {@code outFrom}
     */
    void dequantizeRow(Floats out, long outFrom, WeightMatrix weights, int row);

    /**
     * {@code out = x / sqrt(mean(x²) + epsilon) · weight} for rows {@code [fromToken, toToken)}.
     *
     * @param out {@code [tokens, size]}, may be {@code x}
     * @param x {@code [tokens, size]}
     * @param weight {@code [size]}
     */
    void rmsNorm(Floats out, Floats x, Floats weight, float epsilon, int size, int fromToken, int toToken);

    /**
     * The weightless RMS norm of every head, in place.
     *
     * @param x {@code [tokens, heads, headSize]}
     */
    void qkNorm(Floats x, float epsilon, int heads, int headSize, int fromToken, int toToken);

    /**
     * Rotates adjacent pairs of every head, in place: {@code (a, b) → (a·cos − b·sin, a·sin + b·cos)}.
     *
     * @param x {@code [tokens, heads, headSize]}
     * @param rotations {@code [tokens, headSize / 2, 2]}: cosine and sine of each pair's angle
     */
    void rope(Floats x, Floats rotations, int heads, int headSize, int fromToken, int toToken);

    /** {@code x[t, i] *= factors[t]} for rows {@code [fromToken, toToken)} of {@code size} elements. */
    void scaleRows(Floats x, Floats factors, int size, int fromToken, int toToken);

    /**
     * Writes one token's key and value into the cache, each group of a quantised type with the scale that just covers
     * its largest element.
     *
     * @param key {@code [tokens, kvHeadCount, headSize]}, of which row {@code token} is taken
     * @param value likewise
     */
    void storeKeyValue(KvView cache, int position, Floats key, Floats value, int token);

    /**
     * Attention of one token over the cached positions {@code [firstPosition, position]}:
     * {@code out[h] = Σ_p softmax_p(query[h] · key[p] / sqrt(headSize)) · value[p]} for query heads
     * {@code [fromHead, toHead)}; query head h reads key/value head {@code h / (heads / kvHeadCount)}.
     *
     * @param out {@code [tokens, heads, headSize]}, of which row {@code token} is written
     * @param query the same shape
     */
    void attend(
            Floats out,
            Floats query,
            KvView cache,
            int token,
            int heads,
            int firstPosition,
            int position,
            int fromHead,
            int toHead);

    /** {@code gate[i] = silu(gate[i]) · up[i]} for i in {@code [from, to)}, with {@code silu(z) = z / (1 + e^-z)}. */
    void swiGlu(Floats gate, Floats up, long from, long to);

    /** {@code out[i] += x[i]} for i in {@code [from, to)}. */
    void add(Floats out, Floats x, long from, long to);

    /**
     * {@code out = (x - mean(x)) / sqrt(variance(x) + epsilon) · weight + bias} for rows {@code [fromToken, toToken)},
     * with the variance of the row itself, not of a sample.
     *
     * @param out {@code [tokens, size]}, may be {@code x}
     * @param x {@code [tokens, size]}
     * @param weight {@code [size]}
     * @param bias {@code [size]}
     */
    default void layerNorm(
            Floats out, Floats x, Floats weight, Floats bias, float epsilon, int size, int fromToken, int toToken) {
        PlainKernels.layerNorm(out, x, weight, bias, epsilon, size, fromToken, toToken);
    }

    /** {@code x[t, i] += bias[i]} for rows {@code [fromToken, toToken)} of {@code size} elements. */
    default void addBias(Floats x, Floats bias, int size, int fromToken, int toToken) {
        PlainKernels.addBias(x, bias, size, fromToken, toToken);
    }

    /** {@code x[i] = x[i] · Φ(x[i])} for i in {@code [from, to)}, with {@code Φ(z) = (1 + erf(z / √2)) / 2}. */
    default void gelu(Floats x, long from, long to) {
        PlainKernels.gelu(x, from, to);
    }

    /**
     * Attention of every token over all of them, for heads {@code [fromHead, toHead)}:
     * {@code out[t, h] = Σ_s softmax_s(query[t, h] · key[s, h] / sqrt(headSize)) · value[s, h]}.
     *
     * @param out {@code [tokens, heads, headSize]}; other heads are left alone
     * @param query the same shape
     * @param key the same shape
     * @param value the same shape
     */
    default void attendAll(
            Floats out,
            Floats query,
            Floats key,
            Floats value,
            int tokens,
            int heads,
            int headSize,
            int fromHead,
            int toHead) {
        for (int head = fromHead; head < toHead; head++) {
            PlainKernels.attendHead(out, query, key, value, tokens, heads, headSize, head);
        }
    }

    /**
     * Multiplies and adds in registers for {@code rounds} rounds: the ceiling that {@link #matMul} is measured by, with
     * this provider's vectors.
     *
     * @return operations done, an addition and a multiplication counting as two
     */
    default long multiplyAdd(int rounds) {
        return PlainKernels.multiplyAdd(rounds);
    }
}
