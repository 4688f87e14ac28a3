/*
 * Products with quantised matrices. Inputs become signed bytes with a scale per 32 columns, and integers are multiplied:
 * w = s * (u - zero) and x = q * t give s * t * (Σ u * q - zero * Σ q) per run, where the second sum is known before
 * any weight is read; formats with offsets subtract min * t * Σ q instead.
 *
 * A few tokens: every row is unpacked, 256 columns at a time, and multiplied with each token as a dot product. Many
 * tokens: rows are unpacked once into a panel in the level-1 cache, in which the same four columns of neighbouring rows
 * lie next to each other, so that one vector holds many rows and no sum crosses lanes.
 */

/* Rows of inputs as bytes. Arrays by run have an entry for each 16 or 32 columns, as the weights have scales. */
typedef struct {
    int8_t *levels;   /* [tokens, stride] */
    float *scales;    /* [tokens, runs] */
    float *sums;      /* [tokens, runs]: scale times the sum of the levels */
    int32_t *offsets; /* [tokens, runs]: minus zero times the sum of the levels */
    int64_t stride;
    int64_t runs;
} Inputs;

/* Rows of weights, interleaved by fours of columns: words[column / 4][row], scales[run][row], mins[run][row]. */
typedef struct {
    uint32_t *words;
    float *scales;
    float *mins;
} Panel;

/* How far ahead of the current columns memory is asked for; a few microseconds' worth on one core. */
enum { PREFETCH_BYTES = 8192 };

INLINE void prefetch(const uint8_t *p, int64_t bytes) {
    for (int64_t i = 0; i < bytes; i += 64) {
        __builtin_prefetch(p + i, 0, 2);
    }
}

enum {
    PANEL_ROWS = 2 * LANES,
    PANEL_RUNS = PANEL_COLUMNS / 16 + LANES /* transposing may write some lines too many */
};

/* Integers nearest to the values of vectors, by adding 1.5 * 2^23, after which the last bits are the integer. */
INLINE vi round_to_int(vf x) {
    return (vi) (x + 12582912.0f) - 0x4b400000;
}

/* Quantises 32 inputs; integer maxima keep NaN, which then marks every output. Returns the scale, sums by run. */
INLINE float quantize_32(const float *x, int8_t *levels, const int run, float sums[2]) {
    vi largest_bits = {0};
    UNROLL for (int i = 0; i < 32; i += LANES) {
        largest_bits = vmax_int(largest_bits, (vi) *(const vf_loose *) (x + i) & 0x7fffffff);
    }
    int32_t bits = largest_lane(largest_bits);
    float largest;
    memcpy(&largest, &bits, 4);
    float inverse = largest < 4e-37f ? 0 : 127 / largest;
    vi totals[2] = {{0}, {0}};
    UNROLL for (int i = 0; i < 32; i += LANES) {
        vi rounded = round_to_int(*(const vf_loose *) (x + i) * inverse);
        store_bytes(levels + i, rounded);
        totals[i / run] += rounded;
    }
    for (int i = 0; i < 32 / run; i++) {
        sums[i] = sum_lanes(to_float(totals[i]));
    }
    return largest / 127;
}

#ifdef OWN_QUANTIZING
#include "quantize_avx512.h"
#endif

/* Quantises one row; columns beyond its end count as zeros. */
INLINE void quantize_row(Inputs in, const float *x, int64_t token, int64_t columns, const int run, const int zero) {
    int8_t *levels = in.levels + token * in.stride;
    int64_t first_run = token * in.runs;
    memset(levels + columns, 0, (size_t) (in.stride - columns));
    int64_t c = 0;
#ifdef OWN_QUANTIZING
    for (; c + SUPER <= columns; c += SUPER) {
        int64_t r = first_run + c / run;
        quantize_super(x + c, levels + c, run, zero, in.scales + r, in.sums + r, in.offsets + r);
    }
#endif
    for (; c < in.runs * run; c += 32) {
        float scale = 0;
        float sums[2] = {0, 0};
        if (c < columns) {
            scale = quantize_32(x + c, levels + c, run, sums);
        }
        UNROLL for (int i = 0; i < 32 / run; i++) {
            int64_t r = first_run + c / run + i;
            in.scales[r] = scale;
            in.sums[r] = scale * sums[i];
            in.offsets[r] = -zero * (int32_t) sums[i];
        }
    }
}

TARGET static void quantize_rows(Inputs in, const float *x, int64_t tokens, int64_t columns, int run, int zero) {
    for (int64_t t = 0; t < tokens; t++) {
        if (run == 32) {
            quantize_row(in, x + t * columns, t, columns, 32, zero);
        } else {
            quantize_row(in, x + t * columns, t, columns, 16, zero);
        }
    }
}

/* Unpacks 256 columns from k on of up to PANEL_ROWS rows into the panel at column offset at. */
TARGET static void fill_panel(
        const Format *f, const Matrix *w, Panel panel, int64_t first, int64_t rows, int64_t k, int64_t at, Unpacked *unpacked) {
    int64_t stride = row_bytes(*f, w->columns);
    int64_t super_bytes = SUPER / f->group * f->bytes;
    uint8_t padded[PADDED_BYTES];
    for (int half = 0; half < 2; half++) {
        for (int i = 0; i < LANES; i++) {
            int64_t row = half * LANES + i;
            if (row < rows) {
                const uint8_t *start = w->data + (first + row) * stride;
                const uint8_t *p = columns_from(*f, start, k, w->columns, padded);
                prefetch(p + PANEL_COLUMNS / SUPER * super_bytes, super_bytes);
                f->unpack(p, unpacked + i);
            } else {
                memset(unpacked + i, 0, sizeof(Unpacked));
            }
        }
        for (int word = 0; word < SUPER / 4; word += LANES) {
            uint32_t *target = panel.words + (at / 4 + word) * PANEL_ROWS + half * LANES;
            const uint32_t *source = (const uint32_t *) unpacked->levels + word;
            transpose_words(target, PANEL_ROWS, source, sizeof(Unpacked) / 4);
        }
        for (int run = 0; run < SUPER / f->run; run += LANES) {
            int64_t line = (at / f->run + run) * PANEL_ROWS + half * LANES;
            const uint32_t *scales = (const uint32_t *) unpacked->scales + run;
            const uint32_t *mins = (const uint32_t *) unpacked->mins + run;
            transpose_words((uint32_t *) panel.scales + line, PANEL_ROWS, scales, sizeof(Unpacked) / 4);
            if (f->has_mins) {
                transpose_words((uint32_t *) panel.mins + line, PANEL_ROWS, mins, sizeof(Unpacked) / 4);
            }
        }
    }
}

/* sums[token][row] += the panel's columns, which are the inputs' from k on, for TILE_TOKENS tokens. */
INLINE void multiply_panel(
        const int run, const int has_mins, const int is_wide, Panel panel, int64_t columns, Inputs in, int64_t k, const int64_t *tokens, float *sums) {
    const int8_t *x[TILE_TOKENS];
    int64_t first_run[TILE_TOKENS];
    vf total[TILE_TOKENS][2];
    UNROLL for (int t = 0; t < TILE_TOKENS; t++) {
        x[t] = in.levels + tokens[t] * in.stride + k;
        first_run[t] = tokens[t] * in.runs + k / run;
        total[t][0] = *(vf *) (sums + t * PANEL_ROWS);
        total[t][1] = *(vf *) (sums + t * PANEL_ROWS + LANES);
    }
    const uint32_t *words = panel.words;
    for (int64_t g = 0; g < columns / run; g++) {
        vi products[TILE_TOKENS][2];
        UNROLL for (int t = 0; t < TILE_TOKENS; t++) {
            products[t][0] = (vi) {0} + (has_mins ? 0 : in.offsets[first_run[t] + g]);
            products[t][1] = products[t][0];
        }
        UNROLL for (int i = 0; i < run; i += 4) {
            vi low = *(const vi *) (words + i / 4 * PANEL_ROWS);
            vi high = *(const vi *) (words + i / 4 * PANEL_ROWS + LANES);
            UNROLL for (int t = 0; t < TILE_TOKENS; t++) {
                vi four = broadcast_bytes4(x[t] + g * run + i);
                products[t][0] = dot4(products[t][0], low, four, is_wide);
                products[t][1] = dot4(products[t][1], high, four, is_wide);
            }
        }
        words += run / 4 * PANEL_ROWS;
        vf low_scale = *(const vf *) (panel.scales + g * PANEL_ROWS);
        vf high_scale = *(const vf *) (panel.scales + g * PANEL_ROWS + LANES);
        UNROLL for (int t = 0; t < TILE_TOKENS; t++) {
            float scale = in.scales[first_run[t] + g];
            total[t][0] += to_float(products[t][0]) * (low_scale * scale);
            total[t][1] += to_float(products[t][1]) * (high_scale * scale);
        }
        if (has_mins) {
            vf low_min = *(const vf *) (panel.mins + g * PANEL_ROWS);
            vf high_min = *(const vf *) (panel.mins + g * PANEL_ROWS + LANES);
            UNROLL for (int t = 0; t < TILE_TOKENS; t++) {
                float sum = in.sums[first_run[t] + g];
                total[t][0] -= low_min * sum;
                total[t][1] -= high_min * sum;
            }
        }
    }
    UNROLL for (int t = 0; t < TILE_TOKENS; t++) {
        *(vf *) (sums + t * PANEL_ROWS) = total[t][0];
        *(vf *) (sums + t * PANEL_ROWS + LANES) = total[t][1];
    }
}

/* Panel by panel; sums of all tokens are kept beside the panel until its last column. */
INLINE void multiply_many(
        const int run, const int has_mins, const int is_wide, const Format *f, const Matrix *w, float *out, Inputs in, int64_t tokens, int64_t from, int64_t to, uint8_t *scratch) {
    Unpacked *unpacked = (Unpacked *) scratch;
    Panel panel;
    panel.words = (uint32_t *) (unpacked + LANES);
    panel.scales = (float *) (panel.words + PANEL_COLUMNS / 4 * PANEL_ROWS);
    panel.mins = panel.scales + PANEL_RUNS * PANEL_ROWS;
    float *sums = panel.mins + PANEL_RUNS * PANEL_ROWS;
    int64_t padded = round_up(w->columns, SUPER);
    for (int64_t first = from; first < to; first += PANEL_ROWS) {
        int64_t rows = to - first < PANEL_ROWS ? to - first : PANEL_ROWS;
        memset(sums, 0, (size_t) round_up(tokens, TILE_TOKENS) * PANEL_ROWS * sizeof(float));
        for (int64_t k = 0; k < padded; k += PANEL_COLUMNS) {
            int64_t columns = padded - k < PANEL_COLUMNS ? padded - k : PANEL_COLUMNS;
            for (int64_t at = 0; at < columns; at += SUPER) {
                fill_panel(f, w, panel, first, rows, k + at, at, unpacked);
            }
            for (int64_t t = 0; t < tokens; t += TILE_TOKENS) {
                int64_t tile[TILE_TOKENS];
                for (int i = 0; i < TILE_TOKENS; i++) {
                    tile[i] = t + i < tokens ? t + i : tokens - 1;
                }
                multiply_panel(run, has_mins, is_wide, panel, columns, in, k, tile, sums + t * PANEL_ROWS);
            }
        }
        for (int64_t t = 0; t < tokens; t++) {
            memcpy(out + t * w->rows + first, sums + t * PANEL_ROWS, (size_t) rows * sizeof(float));
        }
    }
}

/*
 * The kernels specialised. What decides their shape is columns per scale, offsets, and width of the levels; how a format
 * is unpacked is called through a pointer, 256 columns at a time.
 */
#define MULTIPLY_MANY(kind, run, has_mins, is_wide) \
    TARGET static void many_##kind( \
            const Format *f, const Matrix *w, float *out, Inputs in, int64_t tokens, int64_t from, int64_t to, uint8_t *scratch) { \
        multiply_many(run, has_mins, is_wide, f, w, out, in, tokens, from, to, scratch); \
    }
MULTIPLY_MANY(run_32, 32, 0, 0)
MULTIPLY_MANY(run_32_wide, 32, 0, 1)
MULTIPLY_MANY(run_32_mins, 32, 1, 0)
MULTIPLY_MANY(run_16, 16, 0, 0)
MULTIPLY_MANY(run_16_mins, 16, 1, 0)

/* So many tokens at most are multiplied row by row; a panel is faster for more. */
enum { FEW_TOKENS = 8 };

#include "matmul_few.h"

TARGET static void multiply_inputs(
        const Format *f, const Matrix *w, float *out, Inputs in, int64_t tokens, int64_t from, int64_t to, uint8_t *scratch) {
    if (tokens <= FEW_TOKENS) {
        few_of(f, w->type)(f, w, out, in, tokens, from, to);
    } else if (f->run == 32) {
        (f->has_mins ? many_run_32_mins : f->is_wide ? many_run_32_wide : many_run_32)(f, w, out, in, tokens, from, to, scratch);
    } else {
        (f->has_mins ? many_run_16_mins : many_run_16)(f, w, out, in, tokens, from, to, scratch);
    }
}

/* Scratch: the inputs as bytes, then what multiply_many needs. */
TARGET static void multiply_quantized(
        const Format *f, const Matrix *w, float *out, const float *x, int64_t tokens, int64_t from, int64_t to, uint8_t *scratch) {
    int64_t columns = w->columns;
    int64_t tile = tile_tokens(tokens, columns);
    Inputs in;
    in.stride = round_up(columns, SUPER) + 64;
    in.runs = round_up(columns, SUPER) / f->run;
    in.levels = (int8_t *) scratch;
    in.scales = (float *) (scratch + round_up(tile * in.stride, 64));
    in.sums = in.scales + tile * in.runs;
    in.offsets = (int32_t *) (in.sums + tile * in.runs);
    uint8_t *rest = scratch + round_up((uint8_t *) (in.offsets + tile * in.runs) - scratch, 64);
    for (int64_t t = 0; t < tokens; t += tile) {
        int64_t count = tokens - t < tile ? tokens - t : tile;
        quantize_rows(in, x + t * columns, count, columns, f->run, f->zero);
        multiply_inputs(f, w, out + t * w->rows, in, count, from, to, rest);
    }
}

/* One row as floats. */
TARGET static void decode_quantized(const Format *f, const uint8_t *row, float *out, int64_t columns) {
    Unpacked u;
    uint8_t padded[PADDED_BYTES];
    for (int64_t k = 0; k < columns; k += SUPER) {
        f->unpack(columns_from(*f, row, k, columns, padded), &u);
        for (int64_t i = 0; i < SUPER && k + i < columns; i++) {
            int level = f->is_wide && WIDE_ZERO == 0 ? (int8_t) u.levels[i] : u.levels[i] - f->zero;
            out[k + i] = u.scales[i / f->run] * level - (f->has_mins ? u.mins[i / f->run] : 0);
        }
    }
}
