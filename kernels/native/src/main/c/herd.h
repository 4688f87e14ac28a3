/*
 * The interface between the Java side and the kernels: one matrix descriptor and one table of functions per
 * instruction set. Shapes are row-major, the last index fastest; "tokens" counts rows of activations.
 */
#ifndef HERD_H
#define HERD_H

#include <stddef.h>
#include <stdint.h>

/* Encodings, numbered as in GGUF files; FP8 has no number there. */
enum {
    F32 = 0,
    F16 = 1,
    Q4_0 = 2,
    Q4_1 = 3,
    Q5_0 = 6,
    Q5_1 = 7,
    Q8_0 = 8,
    Q2_K = 10,
    Q3_K = 11,
    Q4_K = 12,
    Q5_K = 13,
    Q6_K = 14,
    IQ4_NL = 20,
    IQ4_XS = 23,
    F64 = 28,
    BF16 = 30,
    MXFP4 = 39,
    F8_E4M3 = 1000
};

/* How the elements of a matrix lie in memory; see WeightMatrix.java, whose records these are. */
enum { ROW_MAJOR = 0, TRANSPOSED = 1, FP8 = 2, INT4 = 3 };

/* A weight matrix. Every field is 64 bits wide, so that Java writes it as an array of longs. */
typedef struct {
    int64_t layout;
    int64_t type; /* of the elements; ROW_MAJOR and TRANSPOSED */
    const uint8_t *data;
    int64_t rows;
    int64_t columns;
    int64_t stride;    /* TRANSPOSED: outputs stored per input */
    int64_t first_row; /* TRANSPOSED */
    int64_t scale_type; /* FP8 and INT4: F32, F16 or BF16 */
    const uint8_t *scales;
    int64_t groups; /* INT4: scales per row */
    const uint8_t *zero_points; /* INT4: may be null */
    const uint8_t *group_index; /* INT4: may be null */
} Matrix;

/* Where the cached keys and values of one layer and sequence lie. Every field is 64 bits wide. */
typedef struct {
    int64_t type; /* F32, F16 or Q8_0 */
    int64_t kv_heads;
    int64_t head_size;
    int64_t block_size;     /* positions per block */
    int64_t values_offset;  /* bytes from the keys of a block to its values */
    int64_t first_block;    /* number of the block that blocks[0] points to */
    const uint8_t *blocks[]; /* the layer's keys in each block */
} KvCache;

/* The kernels of one instruction set. Java reads the addresses in this order. */
typedef struct {
    const char *name;
    /* out[t, r] = sum over c of x[t, c] * w[r, c], r in [from, to); out is [tokens, rows]. */
    void (*matmul)(const Matrix *w, float *out, const float *x, int64_t tokens, int64_t from, int64_t to, uint8_t *scratch);
    /* out[c] = w[row, c] for every c. */
    void (*decode_row)(const Matrix *w, float *out, int64_t row);
    /* out = x / sqrt(mean(x^2) + epsilon) * weight for rows [from, to); a null weight means ones. */
    void (*rms_norm)(float *out, const float *x, const float *weight, float epsilon, int64_t size, int64_t from, int64_t to);
    /* Rotates adjacent pairs of every head by angles given as [tokens, head_size / 2] (cosine, sine). */
    void (*rope)(float *x, const float *rotations, int64_t heads, int64_t head_size, int64_t from, int64_t to);
    /* x[t, i] *= factors[t]. */
    void (*scale_rows)(float *x, const float *factors, int64_t size, int64_t from, int64_t to);
    /* gate[i] = gate[i] / (1 + e^-gate[i]) * up[i]. */
    void (*swiglu)(float *gate, const float *up, int64_t from, int64_t to);
    /* out[i] += x[i]. */
    void (*add)(float *out, const float *x, int64_t from, int64_t to);
    /* Encodes rows of size floats as type (F32, F16 or Q8_0); the encoded rows are stride bytes apart. */
    void (*encode)(uint8_t *target, const float *x, int64_t type, int64_t size, int64_t rows, int64_t stride);
    /* Attention of query heads [from, to) of one token over positions [first, last]; out and query: [heads, head_size]. */
    void (*attend)(
            const KvCache *cache,
            float *out,
            const float *query,
            int64_t heads,
            int64_t first,
            int64_t last,
            int64_t from,
            int64_t to,
            uint8_t *scratch);
    /* out = (x - mean) / sqrt(variance + epsilon) * weight + bias for rows [from, to). */
    void (*layer_norm)(float *out, const float *x, const float *weight, const float *bias, float epsilon, int64_t size, int64_t from, int64_t to);
    /* x[t, i] += bias[i] for rows [from, to). */
    void (*add_bias)(float *x, const float *bias, int64_t size, int64_t from, int64_t to);
    /* x[i] *= (1 + erf(x[i] / sqrt(2))) / 2. */
    void (*gelu)(float *x, int64_t from, int64_t to);
    /* Attention of all tokens over all of them for heads [from, to); out, query, key, value: [tokens, heads, head_size]. */
    void (*attend_all)(
            float *out,
            const float *query,
            const float *key,
            const float *value,
            int64_t tokens,
            int64_t heads,
            int64_t head_size,
            int64_t from,
            int64_t to,
            uint8_t *scratch);
    /* Multiplies and adds in registers, rounds times 16 vectors; sink takes one vector, 64 bytes at most. */
    void (*multiply_add)(float *sink, int64_t rounds);
} Kernels;

/* Instruction sets, the most capable first; a library holds those of its own architecture. */
enum { AVX512_VNNI, AVX_VNNI, AVX2, NEON_DOTPROD, PORTABLE, ISA_COUNT };

/* The kernels of an instruction set, or null if this CPU or this build has it not. */
const Kernels *herd_kernels(int64_t isa);

/* Bytes of scratch that matmul needs, 64-byte aligned; bounded however many tokens there are. */
int64_t herd_matmul_scratch(int64_t tokens, int64_t columns);

/* Bytes of scratch that attend needs, 64-byte aligned. */
int64_t herd_attend_scratch(int64_t head_size);

/* Bytes of scratch that attend_all needs, 64-byte aligned. */
int64_t herd_attend_all_scratch(int64_t tokens, int64_t head_size);

extern const Kernels herd_portable;
extern const Kernels herd_avx2;
extern const Kernels herd_avx_vnni;
extern const Kernels herd_avx512_vnni;
extern const Kernels herd_neon_dotprod;

/* Limits of the tiles that both the kernels and herd_matmul_scratch know. */
enum {
    SUPER = 256,                     /* columns that are unpacked at a time */
    MAX_TILE_TOKENS = 512,           /* tokens whose inputs are kept quantised at a time */
    MAX_TILE_BYTES = 4 << 20,        /* and how many bytes of them */
    MAX_PANEL_ROWS = 32,             /* rows that are computed together */
    PANEL_COLUMNS = 512,             /* columns of a panel */
    PAD_TOKENS = 8,                  /* spare token rows, so that tiles need no tails */
    ATTEND_RUN = 32,                 /* positions whose scores are computed at a time */
    ATTEND_HEADS = 8,                /* query heads that share a pass over the cache */
    ATTEND_QUERIES = 96              /* tokens of a tile whose scores are held at a time; multiple of every TILE_TOKENS */
};

static inline int64_t round_up(int64_t n, int64_t multiple) {
    return (n + multiple - 1) / multiple * multiple;
}

/* Tokens whose inputs fit the bounded scratch at once. */
static inline int64_t tile_tokens(int64_t tokens, int64_t columns) {
    int64_t fitting = MAX_TILE_BYTES / (round_up(columns, SUPER) + 64);
    int64_t limit = fitting < PAD_TOKENS ? PAD_TOKENS : fitting < MAX_TILE_TOKENS ? fitting : MAX_TILE_TOKENS;
    return tokens < limit ? tokens : limit;
}

/* Before a loop with few constant iterations, whose arrays then live in registers. */
#define UNROLL _Pragma("GCC unroll 8")
#define UNROLL_16 _Pragma("GCC unroll 16")

#endif
