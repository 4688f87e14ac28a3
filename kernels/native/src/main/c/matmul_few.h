/*
 * Products of quantised matrices with a few tokens, as in decoding: the weights are read once, from memory, and the
 * inputs stay in the cache. FEW_ROWS rows are unpacked at a time, 256 columns of each, and multiplied with every token;
 * so an input that is in registers serves several rows.
 */

/* Puts inputs in the order that dot_super wants. */
INLINE void arrange_rows(Inputs in, int64_t tokens, const int run) {
    for (int64_t t = 0; t < tokens; t++) {
        for (int64_t k = 0; k + SUPER <= in.stride; k += SUPER) {
            vi vectors[SUPER / 4 / LANES];
            arrange((const uint8_t *) in.levels + t * in.stride + k, run, vectors);
            UNROLL for (int i = 0; i < SUPER / 4 / LANES; i++) {
                *(vi_loose *) (in.levels + t * in.stride + k + 4 * LANES * i) = vectors[i];
            }
        }
    }
}

/* Unpacks 256 columns of any format. */
INLINE void arranged_any(const Format f, const uint8_t *p, Arranged *a) {
    Unpacked u;
    f.unpack(p, &u);
    arrange(u.levels, f.run, a->levels);
    arrange_factors(u.scales, f.has_mins ? u.mins : NULL, f.run, a);
}

typedef void Arrange(const Format f, const uint8_t *p, Arranged *a);

#ifdef OWN_ARRANGEMENTS
#include "arranged_avx512.h"
#else
#define arranged_q8_0 arranged_any
#define arranged_q4_0 arranged_any
#define arranged_q4_k arranged_any
#define arranged_q6_k arranged_any
#endif

/* What the dot products of a row with one token are summed up in, 256 columns at a time. */
INLINE vf add_super(const Format f, const Arranged *a, Inputs in, int64_t token, int64_t k, vf sums) {
    int64_t run = token * in.runs + k / f.run;
    const int32_t *offsets = f.zero != 0 ? in.offsets + run : NULL;
    sums = dot_super(a, in.levels + token * in.stride + k, in.scales + run, offsets, f.run, f.is_wide, sums);
    return f.has_mins ? subtract_mins(a, in.sums + run, f.run, sums) : sums;
}

/* Dot products of rows [from, to) with one token, the lanes of which are summed up for LANES rows at once. */
INLINE void multiply_one(const Format f, Arrange *unpack, const Matrix *w, float *out, Inputs in, int64_t from, int64_t to) {
    arrange_rows(in, 1, f.run);
    const int super_bytes = SUPER / f.group * f.bytes;
    int64_t stride = row_bytes(f, w->columns);
    uint8_t padded[PADDED_BYTES];
    const uint8_t *end = w->data + to * stride; /* what follows is another thread's, whose cache it would miss */
    for (int64_t r = from; r < to; r += LANES) {
        int64_t rows = to - r < LANES ? to - r : LANES;
        vf sums[LANES] = {{0}};
        for (int64_t i = 0; i < rows; i++) {
            const uint8_t *row = w->data + (r + i) * stride;
            vf sum = {0};
            for (int64_t k = 0; k < w->columns; k += SUPER) {
                const uint8_t *next = row + k / SUPER * super_bytes + PREFETCH_BYTES;
                if (next < end) {
                    prefetch(next, super_bytes);
                }
                Arranged a;
                unpack(f, columns_from(f, row, k, w->columns, padded), &a);
                sum = add_super(f, &a, in, 0, k, sum);
            }
            sums[i] = sum;
        }
        vf all = sum_each(sums);
        memcpy(out + r, &all, (size_t) rows * sizeof(float));
    }
}

/* Dot products of rows [from, to) with at most FEW_TOKENS tokens: each row is read and unpacked once. */
INLINE void multiply_few(
        const Format f, Arrange *unpack, const Matrix *w, float *out, Inputs in, int64_t tokens, int64_t from, int64_t to) {
    enum { AT_ONCE = LANES / FEW_ROWS }; /* tokens whose lanes are summed up together */
    arrange_rows(in, tokens, f.run);
    const int super_bytes = SUPER / f.group * f.bytes;
    int64_t stride = row_bytes(f, w->columns);
    uint8_t padded[PADDED_BYTES];
    const uint8_t *end = w->data + to * stride;
    for (int64_t r = from; r < to; r += FEW_ROWS) {
        int64_t count = to - r < FEW_ROWS ? to - r : FEW_ROWS;
        const uint8_t *rows[FEW_ROWS];
        vf sums[FEW_TOKENS][FEW_ROWS] = {{{0}}};
        for (int i = 0; i < FEW_ROWS; i++) {
            rows[i] = w->data + (r + (i < count ? i : 0)) * stride;
        }
        for (int64_t k = 0; k < w->columns; k += SUPER) {
            /* What is read so much later is in the next rows, if not in these. */
            int64_t at = k / SUPER * super_bytes;
            int64_t ahead = at + PREFETCH_BYTES;
            ahead = ahead < stride ? ahead : ahead + (FEW_ROWS - 1) * stride;
            Arranged a[FEW_ROWS];
            UNROLL for (int i = 0; i < FEW_ROWS; i++) {
                if (rows[i] + ahead < end) {
                    prefetch(rows[i] + ahead, super_bytes);
                }
                unpack(f, columns_from(f, rows[i], k, w->columns, padded), a + i);
            }
            for (int64_t t = 0; t < tokens; t++) {
                UNROLL for (int i = 0; i < FEW_ROWS; i++) {
                    sums[t][i] = add_super(f, a + i, in, t, k, sums[t][i]);
                }
            }
        }
        for (int64_t t = 0; t < tokens; t += AT_ONCE) {
            float all[AT_ONCE][FEW_ROWS];
            *(vf_loose *) all = sum_each(sums[t]);
            for (int64_t i = 0; i < AT_ONCE && t + i < tokens; i++) {
                memcpy(out + (t + i) * w->rows + r, all[i], (size_t) count * sizeof(float));
            }
        }
    }
}

/* The kernels specialised: the commonest formats, whose unpacking is inlined, and the others by their kind. */
#define MULTIPLY_FEW(name, unpack, format) \
    TARGET static void few_##name( \
            const Format *f, const Matrix *w, float *out, Inputs in, int64_t tokens, int64_t from, int64_t to) { \
        (void) f; \
        const Format known = format; \
        if (tokens == 1) { \
            multiply_one(known, unpack, w, out, in, from, to); \
        } else { \
            multiply_few(known, unpack, w, out, in, tokens, from, to); \
        } \
    }
MULTIPLY_FEW(q8_0, arranged_q8_0, ((Format) {32, 34, 32, WIDE_ZERO, 0, 1, unpack_q8_0}))
MULTIPLY_FEW(q4_0, arranged_q4_0, ((Format) {32, 18, 32, 8, 0, 0, unpack_q4_0}))
MULTIPLY_FEW(q4_k, arranged_q4_k, ((Format) {256, 144, 32, 0, 1, 0, unpack_q4_k}))
MULTIPLY_FEW(q6_k, arranged_q6_k, ((Format) {256, 210, 16, 32, 0, 0, unpack_q6_k}))

#define MULTIPLY_FEW_KIND(kind, run, has_mins, is_wide, has_zero) \
    MULTIPLY_FEW(kind, arranged_any, \
            ((Format) {f->group, f->bytes, run, has_zero ? f->zero : 0, has_mins, is_wide, f->unpack}))
MULTIPLY_FEW_KIND(run_32, 32, 0, 0, 1)
MULTIPLY_FEW_KIND(run_32_wide, 32, 0, 1, WIDE_ZERO != 0)
MULTIPLY_FEW_KIND(run_32_mins, 32, 1, 0, 0)
MULTIPLY_FEW_KIND(run_16, 16, 0, 0, 1)
MULTIPLY_FEW_KIND(run_16_mins, 16, 1, 0, 0)

typedef void MultiplyFew(const Format *f, const Matrix *w, float *out, Inputs in, int64_t tokens, int64_t from, int64_t to);

TARGET static MultiplyFew *few_of(const Format *f, int64_t type) {
    switch (type) {
        case Q8_0: return few_q8_0;
        case Q4_0: return few_q4_0;
        case Q4_K: return few_q4_k;
        case Q6_K: return few_q6_k;
        default: break;
    }
    if (f->run == 32) {
        return f->has_mins ? few_run_32_mins : f->is_wide ? few_run_32_wide : few_run_32;
    }
    return f->has_mins ? few_run_16_mins : few_run_16;
}
