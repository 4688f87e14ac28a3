/* The vector primitives of AVX-512 with VNNI: 16 floats, 64 bytes; bytes multiply as unsigned levels by signed inputs. */
#include <immintrin.h>

#define LANES 16
#define WIDE_ZERO 128 /* wide levels are kept unsigned */
#define TILE_TOKENS 6
#define OWN_ARRANGEMENTS
#define OWN_QUANTIZING

typedef float vf __attribute__((vector_size(64)));
typedef int32_t vi __attribute__((vector_size(64)));
typedef uint8_t vb __attribute__((vector_size(64))); /* 64 levels, whatever the registers hold */
typedef uint16_t vb_pairs __attribute__((vector_size(64)));
typedef float vf_loose __attribute__((vector_size(64), aligned(4), may_alias));
typedef int32_t vi_loose __attribute__((vector_size(64), aligned(1), may_alias));

INLINE float half_to_float(uint16_t bits) {
    return _cvtsh_ss(bits);
}

INLINE vf load_halves(const uint8_t *p) {
    return (vf) _mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *) p));
}

INLINE void store_halves(uint8_t *p, vf x) {
    _mm256_storeu_si256((__m256i *) p, _mm512_cvtps_ph((__m512) x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC));
}

INLINE vf load_bf16s(const uint8_t *p) {
    return (vf) _mm512_slli_epi32(_mm512_cvtepu16_epi32(_mm256_loadu_si256((const __m256i *) p)), 16);
}

INLINE float sum_lanes(vf x) {
    return _mm512_reduce_add_ps((__m512) x);
}

INLINE __m512 fold_halves(vf a, vf b) {
    return _mm512_add_ps(
            _mm512_shuffle_f32x4((__m512) a, (__m512) b, 0x44), _mm512_shuffle_f32x4((__m512) a, (__m512) b, 0xee));
}

/* Four lanes each for x[first], x[first + 4], x[first + 8] and x[first + 12]. */
INLINE __m512 fold_four(const vf *x, const int first) {
    __m512 low = fold_halves(x[first], x[first + 4]);
    __m512 high = fold_halves(x[first + 8], x[first + 12]);
    return _mm512_add_ps(_mm512_shuffle_f32x4(low, high, 0x88), _mm512_shuffle_f32x4(low, high, 0xdd));
}

INLINE __m512 fold_pairs(__m512 a, __m512 b) {
    __m512d low = _mm512_unpacklo_pd(_mm512_castps_pd(a), _mm512_castps_pd(b));
    __m512d high = _mm512_unpackhi_pd(_mm512_castps_pd(a), _mm512_castps_pd(b));
    return _mm512_add_ps(_mm512_castpd_ps(low), _mm512_castpd_ps(high));
}

/* Lane i is the sum of the lanes of x[i]: 16 sums in the time of three. */
INLINE vf sum_each(const vf x[LANES]) {
    __m512 even = fold_pairs(fold_four(x, 0), fold_four(x, 1));
    __m512 odd = fold_pairs(fold_four(x, 2), fold_four(x, 3));
    return (vf) _mm512_add_ps(_mm512_shuffle_ps(even, odd, 0x88), _mm512_shuffle_ps(even, odd, 0xdd));
}

INLINE float max_lane(vf x) {
    return _mm512_reduce_max_ps((__m512) x);
}

INLINE vf vmax(vf a, vf b) {
    return (vf) _mm512_max_ps((__m512) a, (__m512) b);
}

INLINE vf vmin(vf a, vf b) {
    return (vf) _mm512_min_ps((__m512) a, (__m512) b);
}

INLINE vi vmax_int(vi a, vi b) {
    return (vi) _mm512_max_epi32((__m512i) a, (__m512i) b);
}

INLINE int32_t largest_lane(vi x) {
    return _mm512_reduce_max_epi32((__m512i) x);
}

/* LANES integers as bytes. */
INLINE void store_bytes(int8_t *p, vi x) {
    _mm_storeu_si128((__m128i *) p, _mm512_cvtepi32_epi8((__m512i) x));
}

/* LANES signed bytes as integers. */
INLINE vi load_bytes(const int8_t *p) {
    return (vi) _mm512_cvtepi8_epi32(_mm_loadu_si128((const __m128i *) p));
}

INLINE vf to_float(vi x) {
    return (vf) _mm512_cvtepi32_ps((__m512i) x);
}

INLINE vi broadcast_bytes4(const int8_t *p) {
    int32_t word;
    memcpy(&word, p, 4);
    return (vi) _mm512_set1_epi32(word);
}

/* sum[lane] += levels · x over the four bytes of each lane. */
INLINE vi dot4(vi sum, vi levels, vi x, const int is_wide) {
    (void) is_wide;
    return (vi) _mm512_dpbusd_epi32((__m512i) sum, (__m512i) levels, (__m512i) x);
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
    __m512i twice = _mm512_broadcast_i64x4(_mm256_loadu_si256((const __m256i *) p));
    __m512i low = _mm512_castsi256_si512(_mm256_set1_epi16((short) low_shift));
    __m512i shifts = _mm512_inserti64x4(low, _mm256_set1_epi16((short) high_shift), 1);
    return (vb) _mm512_and_si512(_mm512_srlv_epi16(twice, shifts), _mm512_set1_epi8((char) mask));
}

/* 32 bytes at p, then 32 at q. */
INLINE vb pair_32(const uint8_t *p, const uint8_t *q) {
    __m512i first = _mm512_castsi256_si512(_mm256_loadu_si256((const __m256i *) p));
    return (vb) _mm512_inserti64x4(first, _mm256_loadu_si256((const __m256i *) q), 1);
}

/* Low nibbles of 16 bytes at p, their high nibbles, and the same of 16 bytes at q. */
INLINE vb split_16(const uint8_t *p, const uint8_t *q) {
    __m512i both = _mm512_castsi256_si512(
            _mm256_set_m128i(_mm_loadu_si128((const __m128i *) q), _mm_loadu_si128((const __m128i *) p)));
    __m512i twice = _mm512_shuffle_i64x2(both, both, 0x50);
    __m512i shifts = _mm512_setr_epi64(0, 0, 0x0004000400040004, 0x0004000400040004, 0, 0, 0x0004000400040004, 0x0004000400040004);
    return (vb) _mm512_and_si512(_mm512_srlv_epi16(twice, shifts), _mm512_set1_epi8(15));
}

/* Bytes that are value where bits has a one, and zero elsewhere. */
INLINE vb choose_by_bits(uint64_t bits, int value) {
    return (vb) _mm512_maskz_set1_epi8(bits, (char) value);
}

/* table[index] + offset for indices below 16. */
INLINE vb look_up(const int8_t *table, int offset, vb index) {
    __m128i values = _mm_add_epi8(_mm_loadu_si128((const __m128i *) table), _mm_set1_epi8((char) offset));
    return (vb) _mm512_shuffle_epi8(_mm512_broadcast_i32x4(values), (__m512i) index);
}

/* factors[i] = scale * byte i of steps. */
INLINE void scale_steps_8(uint64_t steps, float scale, float *factors) {
    __m256 values = _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(_mm_cvtsi64_si128((long long) steps)));
    _mm256_store_ps(factors, _mm256_mul_ps(values, _mm256_set1_ps(scale)));
}

/* factors[i] = scale * byte i of steps, taken as signed. */
INLINE void scale_signed_steps_8(uint64_t steps, float scale, float *factors) {
    __m256 values = _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(_mm_cvtsi64_si128((long long) steps)));
    _mm256_store_ps(factors, _mm256_mul_ps(values, _mm256_set1_ps(scale)));
}

/* The halves at p, p + stride, ..., p + 7 * stride. */
INLINE void gather_halves_8(const uint8_t *p, const int stride, float *values) {
    uint16_t halves[8];
    for (int i = 0; i < 8; i++) {
        memcpy(halves + i, p + i * stride, 2);
    }
    __m128i packed = _mm_setr_epi16((short) halves[0], (short) halves[1], (short) halves[2], (short) halves[3], (short) halves[4],
            (short) halves[5], (short) halves[6], (short) halves[7]);
    _mm256_store_ps(values, _mm256_cvtph_ps(packed));
}

/*
 * 256 levels or inputs in the order that dot_super wants: each vector holds 8 (or, in runs of 16, 4) neighbouring bytes of
 * every run, so that sums of four vectors are those of whole runs, two lanes (or one) to each.
 */
INLINE void arrange(const uint8_t *bytes, const int run, vi vectors[4]) {
    __m512i a[4];
    __m512i b[4];
    UNROLL for (int i = 0; i < 4; i++) {
        a[i] = _mm512_loadu_si512(bytes + 64 * i);
    }
    if (run == 32) {
        __m512i front = _mm512_setr_epi64(0, 4, 8, 12, 1, 5, 9, 13);
        __m512i back = _mm512_setr_epi64(2, 6, 10, 14, 3, 7, 11, 15);
        UNROLL for (int i = 0; i < 4; i += 2) {
            b[i] = _mm512_permutex2var_epi64(a[i], front, a[i + 1]);
            b[i + 1] = _mm512_permutex2var_epi64(a[i], back, a[i + 1]);
        }
    } else {
        __m512i front = _mm512_setr_epi32(0, 4, 8, 12, 16, 20, 24, 28, 1, 5, 9, 13, 17, 21, 25, 29);
        __m512i back = _mm512_setr_epi32(2, 6, 10, 14, 18, 22, 26, 30, 3, 7, 11, 15, 19, 23, 27, 31);
        UNROLL for (int i = 0; i < 4; i += 2) {
            b[i] = _mm512_permutex2var_epi32(a[i], front, a[i + 1]);
            b[i + 1] = _mm512_permutex2var_epi32(a[i], back, a[i + 1]);
        }
    }
    UNROLL for (int i = 0; i < 2; i++) {
        vectors[2 * i] = (vi) _mm512_shuffle_i64x2(b[i], b[i + 2], 0x44);
        vectors[2 * i + 1] = (vi) _mm512_shuffle_i64x2(b[i], b[i + 2], 0xee);
    }
}

/* 256 columns of a row in that order, with the scale of each lane; mins are one per run. */
typedef struct {
    vi levels[4];
    vf scales;
    vf mins;
} Arranged;

enum { FEW_ROWS = 4 };

/* Lane i belongs to run i / 2. */
INLINE __m512i lane_runs(void) {
    return _mm512_setr_epi32(0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7);
}

INLINE void arrange_factors(const float *scales, const float *mins, const int run, Arranged *a) {
    if (run == 32) {
        a->scales = (vf) _mm512_permutexvar_ps(lane_runs(), _mm512_castps256_ps512(_mm256_load_ps(scales)));
        a->mins = mins != NULL ? (vf) _mm512_zextps256_ps512(_mm256_load_ps(mins)) : (vf) {0};
    } else {
        a->scales = *(const vf *) scales;
        a->mins = mins != NULL ? *(const vf *) mins : (vf) {0};
    }
}

/* sums + scale · input scale · (products + offsets) for 256 levels and inputs, both arranged; offsets may be null. */
INLINE vf dot_super(
        const Arranged *a, const int8_t *x, const float *x_scales, const int32_t *offsets, const int run, const int is_wide, vf sums) {
    vi products = {0};
    __m512 factors;
    if (run == 32) {
        factors = _mm512_permutexvar_ps(lane_runs(), _mm512_castps256_ps512(_mm256_loadu_ps(x_scales)));
        if (offsets != NULL) {
            products = (vi) _mm512_cvtepu32_epi64(_mm256_loadu_si256((const __m256i *) offsets));
        }
    } else {
        factors = _mm512_loadu_ps(x_scales);
        if (offsets != NULL) {
            products = *(const vi_loose *) offsets;
        }
    }
    UNROLL for (int j = 0; j < 4; j++) {
        products = dot4(products, a->levels[j], *(const vi_loose *) (x + 64 * j), is_wide);
    }
    return sums + to_float(products) * ((vf) factors * a->scales);
}

/* sums - mins · input sums. */
INLINE vf subtract_mins(const Arranged *a, const float *x_sums, const int run, vf sums) {
    if (run == 32) {
        return sums - a->mins * (vf) _mm512_zextps256_ps512(_mm256_loadu_ps(x_sums));
    }
    return sums - a->mins * *(const vf_loose *) x_sums;
}

/* target[k][r] = rows[r][k] for 16 rows of 16 words; rows are row_words apart, target's lines line_words. */
INLINE void transpose_words(uint32_t *target, int64_t line_words, const uint32_t *rows, int64_t row_words) {
    __m512i a[16];
    __m512i b[16];
    UNROLL for (int i = 0; i < 16; i++) {
        a[i] = _mm512_loadu_si512(rows + i * row_words);
    }
    UNROLL for (int i = 0; i < 16; i += 2) {
        b[i] = _mm512_unpacklo_epi32(a[i], a[i + 1]);
        b[i + 1] = _mm512_unpackhi_epi32(a[i], a[i + 1]);
    }
    UNROLL for (int i = 0; i < 16; i += 4) {
        a[i] = _mm512_unpacklo_epi64(b[i], b[i + 2]);
        a[i + 1] = _mm512_unpackhi_epi64(b[i], b[i + 2]);
        a[i + 2] = _mm512_unpacklo_epi64(b[i + 1], b[i + 3]);
        a[i + 3] = _mm512_unpackhi_epi64(b[i + 1], b[i + 3]);
    }
    UNROLL for (int k = 0; k < 4; k++) {
        __m512i low0 = _mm512_shuffle_i32x4(a[k], a[4 + k], 0x88);
        __m512i high0 = _mm512_shuffle_i32x4(a[k], a[4 + k], 0xdd);
        __m512i low1 = _mm512_shuffle_i32x4(a[8 + k], a[12 + k], 0x88);
        __m512i high1 = _mm512_shuffle_i32x4(a[8 + k], a[12 + k], 0xdd);
        _mm512_storeu_si512(target + k * line_words, _mm512_shuffle_i32x4(low0, low1, 0x88));
        _mm512_storeu_si512(target + (4 + k) * line_words, _mm512_shuffle_i32x4(high0, high1, 0x88));
        _mm512_storeu_si512(target + (8 + k) * line_words, _mm512_shuffle_i32x4(low0, low1, 0xdd));
        _mm512_storeu_si512(target + (12 + k) * line_words, _mm512_shuffle_i32x4(high0, high1, 0xdd));
    }
}
