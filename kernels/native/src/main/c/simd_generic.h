/*
 * The vector primitives in plain C with 4 lanes: for any CPU, and for aarch64 with NEON, where the compiler turns them
 * into its instructions. With NEON_DOT the byte products use its dot product instruction, which takes signed bytes.
 */
#ifdef NEON_DOT
#include <arm_neon.h>
#define WIDE_ZERO 0
#else
#define WIDE_ZERO 128
#endif

#define LANES 4
#define TILE_TOKENS 4

typedef float vf __attribute__((vector_size(16)));
typedef int32_t vi __attribute__((vector_size(16)));
typedef uint8_t vb __attribute__((vector_size(64))); /* 64 levels, whatever the registers hold */
typedef uint16_t vb_pairs __attribute__((vector_size(64)));
typedef float vf_loose __attribute__((vector_size(16), aligned(4), may_alias));
typedef int32_t vi_loose __attribute__((vector_size(16), aligned(1), may_alias));

/* Shifts the 15 bits below the sign to where a float has them; a multiplication corrects the exponent. */
INLINE float half_to_float(uint16_t bits) {
    uint32_t magnitude = (uint32_t) (bits & 0x7fff) << 13;
    uint32_t sign = (uint32_t) (bits & 0x8000) << 16;
    float value;
    memcpy(&value, &magnitude, 4);
    value *= 0x1p112f;
    uint32_t result;
    memcpy(&result, &value, 4);
    if (magnitude >= 0x0f800000) {
        result = magnitude | 0x7f800000;
    }
    result |= sign;
    memcpy(&value, &result, 4);
    return value;
}

/* Rounds to nearest even. */
INLINE uint16_t float_to_half(float value) {
    uint32_t bits;
    memcpy(&bits, &value, 4);
    uint32_t sign = bits >> 16 & 0x8000;
    bits &= 0x7fffffff;
    if (bits > 0x7f800000) {
        return (uint16_t) (sign | 0x7e00 | (bits >> 13 & 0x3ff));
    }
    if (bits >= 0x477ff000) {
        return (uint16_t) (sign | 0x7c00);
    }
    if (bits < 0x38800000) { /* subnormal: let the addition of a power of two round the mantissa into place */
        float magnitude;
        memcpy(&magnitude, &bits, 4);
        magnitude += 0.5f;
        memcpy(&bits, &magnitude, 4);
        return (uint16_t) (sign | (bits - 0x3f000000));
    }
    return (uint16_t) (sign | ((bits + 0xfff + (bits >> 13 & 1) - 0x38000000) >> 13));
}

INLINE vf load_halves(const uint8_t *p) {
    vf x;
    for (int i = 0; i < LANES; i++) {
        uint16_t bits;
        memcpy(&bits, p + 2 * i, 2);
        x[i] = half_to_float(bits);
    }
    return x;
}

INLINE void store_halves(uint8_t *p, vf x) {
    for (int i = 0; i < LANES; i++) {
        uint16_t bits = float_to_half(x[i]);
        memcpy(p + 2 * i, &bits, 2);
    }
}

INLINE vf load_bf16s(const uint8_t *p) {
    vi x;
    for (int i = 0; i < LANES; i++) {
        x[i] = (int32_t) ((uint32_t) (p[2 * i] | p[2 * i + 1] << 8) << 16);
    }
    return (vf) x;
}

INLINE float sum_lanes(vf x) {
    return (x[0] + x[1]) + (x[2] + x[3]);
}

/* Lane i is the sum of the lanes of x[i]. */
INLINE vf sum_each(const vf x[LANES]) {
    return (vf) {sum_lanes(x[0]), sum_lanes(x[1]), sum_lanes(x[2]), sum_lanes(x[3])};
}

INLINE float max_lane(vf x) {
    float low = x[0] > x[1] ? x[0] : x[1];
    float high = x[2] > x[3] ? x[2] : x[3];
    return low > high ? low : high;
}

INLINE vf vmax(vf a, vf b) {
    for (int i = 0; i < LANES; i++) {
        a[i] = a[i] > b[i] ? a[i] : b[i];
    }
    return a;
}

INLINE vf vmin(vf a, vf b) {
    for (int i = 0; i < LANES; i++) {
        a[i] = a[i] < b[i] ? a[i] : b[i];
    }
    return a;
}

INLINE vi vmax_int(vi a, vi b) {
    for (int i = 0; i < LANES; i++) {
        a[i] = a[i] > b[i] ? a[i] : b[i];
    }
    return a;
}

INLINE int32_t largest_lane(vi x) {
    int32_t low = x[0] > x[1] ? x[0] : x[1];
    int32_t high = x[2] > x[3] ? x[2] : x[3];
    return low > high ? low : high;
}

/* LANES integers as bytes. */
INLINE void store_bytes(int8_t *p, vi x) {
    for (int i = 0; i < LANES; i++) {
        p[i] = (int8_t) x[i];
    }
}

/* LANES signed bytes as integers. */
INLINE vi load_bytes(const int8_t *p) {
    return (vi) {p[0], p[1], p[2], p[3]};
}

INLINE vf to_float(vi x) {
    return __builtin_convertvector(x, vf);
}

INLINE vi broadcast_bytes4(const int8_t *p) {
    int32_t word;
    memcpy(&word, p, 4);
    return (vi) {word, word, word, word};
}

/* sum[lane] += levels · x over the four bytes of each lane. */
INLINE vi dot4(vi sum, vi levels, vi x, const int is_wide) {
#ifdef NEON_DOT
    (void) is_wide;
    return (vi) vdotq_s32((int32x4_t) sum, (int8x16_t) levels, (int8x16_t) x);
#else
    (void) is_wide;
    const uint8_t *level = (const uint8_t *) &levels;
    const int8_t *input = (const int8_t *) &x;
    for (int i = 0; i < LANES; i++) {
        for (int k = 0; k < 4; k++) {
            sum[i] += level[4 * i + k] * input[4 * i + k];
        }
    }
    return sum;
#endif
}

INLINE vb to_levels(const uint8_t *bytes) {
    vb levels;
    memcpy(&levels, bytes, sizeof(levels));
    return levels;
}

/* Every byte shifted; what a shift of pairs of bytes carries over must be masked away. */
INLINE vb shift_right(vb x, const int bits, const int mask) {
    return (vb) ((vb_pairs) x >> bits) & (uint8_t) mask;
}

INLINE vb shift_left(vb x, const int bits) {
    return (vb) ((vb_pairs) x << bits) & (uint8_t) (0xff << bits);
}

/* Low halves of 64 bytes are p >> low_shift, high halves p >> high_shift, each masked. */
INLINE vb spread_32(const uint8_t *p, const int low_shift, const int high_shift, const int mask) {
    uint8_t bytes[64];
    for (int i = 0; i < 32; i++) {
        bytes[i] = p[i] >> low_shift & mask;
        bytes[32 + i] = p[i] >> high_shift & mask;
    }
    return to_levels(bytes);
}

/* 32 bytes at p, then 32 at q. */
INLINE vb pair_32(const uint8_t *p, const uint8_t *q) {
    uint8_t bytes[64];
    memcpy(bytes, p, 32);
    memcpy(bytes + 32, q, 32);
    return to_levels(bytes);
}

/* Low nibbles of 16 bytes at p, their high nibbles, and the same of 16 bytes at q. */
INLINE vb split_16(const uint8_t *p, const uint8_t *q) {
    uint8_t bytes[64];
    for (int i = 0; i < 16; i++) {
        bytes[i] = p[i] & 15;
        bytes[16 + i] = p[i] >> 4;
        bytes[32 + i] = q[i] & 15;
        bytes[48 + i] = q[i] >> 4;
    }
    return to_levels(bytes);
}

/* Bytes that are value where bits has a one, and zero elsewhere. */
INLINE vb choose_by_bits(uint64_t bits, int value) {
    uint8_t bytes[64];
    for (int i = 0; i < 64; i++) {
        bytes[i] = (uint8_t) ((bits >> i & 1) * (unsigned) value);
    }
    return to_levels(bytes);
}

/* table[index] + offset for indices below 16. */
INLINE vb look_up(const int8_t *table, int offset, vb index) {
    uint8_t bytes[64];
    uint8_t indices[64];
    memcpy(indices, &index, sizeof(indices));
    for (int i = 0; i < 64; i++) {
        bytes[i] = (uint8_t) (table[indices[i]] + offset);
    }
    return to_levels(bytes);
}

/* factors[i] = scale * byte i of steps. */
INLINE void scale_steps_8(uint64_t steps, float scale, float *factors) {
    for (int i = 0; i < 8; i++) {
        factors[i] = scale * (float) (steps >> (8 * i) & 0xff);
    }
}

/* factors[i] = scale * byte i of steps, taken as signed. */
INLINE void scale_signed_steps_8(uint64_t steps, float scale, float *factors) {
    for (int i = 0; i < 8; i++) {
        factors[i] = scale * (float) (int8_t) (steps >> (8 * i) & 0xff);
    }
}

/* The halves at p, p + stride, ..., p + 7 * stride. */
INLINE void gather_halves_8(const uint8_t *restrict p, const int stride, float *restrict values) {
    for (int i = 0; i < 8; i++) {
        uint16_t bits;
        memcpy(&bits, p + i * stride, 2);
        values[i] = half_to_float(bits);
    }
}

/* 256 levels or inputs in the order that dot_super wants, which here is their own. */
INLINE void arrange(const uint8_t *bytes, const int run, vi *vectors) {
    (void) run;
    UNROLL for (int i = 0; i < SUPER / 4 / LANES; i++) {
        vectors[i] = *(const vi_loose *) (bytes + 4 * LANES * i);
    }
}

/* 256 columns of a row in that order, with scales and mins of the runs. */
typedef struct {
    vi levels[SUPER / 4 / LANES];
    _Alignas(32) float scales[16];
    _Alignas(32) float mins[16];
} Arranged;

enum { FEW_ROWS = 1 };

INLINE void arrange_factors(const float *scales, const float *mins, const int run, Arranged *a) {
    memcpy(a->scales, scales, (size_t) (SUPER / run) * sizeof(float));
    if (mins != NULL) {
        memcpy(a->mins, mins, (size_t) (SUPER / run) * sizeof(float));
    }
}

/* sums + scale · input scale · (products + offsets) for 256 levels and inputs, both arranged; offsets may be null. */
INLINE vf dot_super(
        const Arranged *a, const int8_t *x, const float *x_scales, const int32_t *offsets, const int run, const int is_wide, vf sums) {
    for (int g = 0; g < SUPER / run; g++) {
        vi products = {offsets != NULL ? offsets[g] : 0};
        for (int i = g * run; i < (g + 1) * run; i += 4 * LANES) {
            products = dot4(products, a->levels[i / 4 / LANES], *(const vi_loose *) (x + i), is_wide);
        }
        sums[0] += (float) (products[0] + products[1] + products[2] + products[3]) * (a->scales[g] * x_scales[g]);
    }
    return sums;
}

/* sums - mins · input sums. */
INLINE vf subtract_mins(const Arranged *a, const float *x_sums, const int run, vf sums) {
    for (int i = 0; i < SUPER / run; i += LANES) {
        sums -= *(const vf_loose *) (a->mins + i) * *(const vf_loose *) (x_sums + i);
    }
    return sums;
}

/* target[k][r] = rows[r][k] for 4 rows of 4 words; rows are row_words apart, target's lines line_words. */
INLINE void transpose_words(uint32_t *target, int64_t line_words, const uint32_t *rows, int64_t row_words) {
    for (int k = 0; k < LANES; k++) {
        for (int r = 0; r < LANES; r++) {
            target[k * line_words + r] = rows[r * row_words + k];
        }
    }
}
