/*
 * The vector primitives of AVX2 with FMA and F16C, and of AVX-VNNI if that is defined: 8 floats, 32 bytes. Without VNNI,
 * products of wide levels would overflow the 16-bit sums of maddubs, so wide levels are kept signed there and their sign
 * is moved to the inputs.
 */
#include <immintrin.h>

#define LANES 8
#ifdef AVX_VNNI_DOT
#define WIDE_ZERO 128
#else
#define WIDE_ZERO 0
#endif
#define TILE_TOKENS 4

typedef float vf __attribute__((vector_size(32)));
typedef int32_t vi __attribute__((vector_size(32)));
typedef uint8_t vb __attribute__((vector_size(64))); /* 64 levels, whatever the registers hold */
typedef float vf_loose __attribute__((vector_size(32), aligned(4), may_alias));
typedef int32_t vi_loose __attribute__((vector_size(32), aligned(1), may_alias));

INLINE float half_to_float(uint16_t bits) {
    return _cvtsh_ss(bits);
}

INLINE vf load_halves(const uint8_t *p) {
    return (vf) _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *) p));
}

INLINE void store_halves(uint8_t *p, vf x) {
    _mm_storeu_si128((__m128i *) p, _mm256_cvtps_ph((__m256) x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC));
}

INLINE vf load_bf16s(const uint8_t *p) {
    return (vf) _mm256_slli_epi32(_mm256_cvtepu16_epi32(_mm_loadu_si128((const __m128i *) p)), 16);
}

INLINE float sum_lanes(vf x) {
    __m128 quarter = _mm_add_ps(_mm256_castps256_ps128((__m256) x), _mm256_extractf128_ps((__m256) x, 1));
    quarter = _mm_add_ps(quarter, _mm_movehl_ps(quarter, quarter));
    return _mm_cvtss_f32(_mm_add_ss(quarter, _mm_movehdup_ps(quarter)));
}

/* Four lanes each for a and b. */
INLINE __m256 fold_halves(vf a, vf b) {
    return _mm256_add_ps(
            _mm256_permute2f128_ps((__m256) a, (__m256) b, 0x20), _mm256_permute2f128_ps((__m256) a, (__m256) b, 0x31));
}

INLINE __m256 fold_pairs(__m256 a, __m256 b) {
    __m256d low = _mm256_unpacklo_pd(_mm256_castps_pd(a), _mm256_castps_pd(b));
    __m256d high = _mm256_unpackhi_pd(_mm256_castps_pd(a), _mm256_castps_pd(b));
    return _mm256_add_ps(_mm256_castpd_ps(low), _mm256_castpd_ps(high));
}

/* Lane i is the sum of the lanes of x[i]. */
INLINE vf sum_each(const vf x[LANES]) {
    __m256 even = fold_pairs(fold_halves(x[0], x[4]), fold_halves(x[1], x[5]));
    __m256 odd = fold_pairs(fold_halves(x[2], x[6]), fold_halves(x[3], x[7]));
    return (vf) _mm256_add_ps(_mm256_shuffle_ps(even, odd, 0x88), _mm256_shuffle_ps(even, odd, 0xdd));
}

INLINE float max_lane(vf x) {
    __m128 quarter = _mm_max_ps(_mm256_castps256_ps128((__m256) x), _mm256_extractf128_ps((__m256) x, 1));
    quarter = _mm_max_ps(quarter, _mm_movehl_ps(quarter, quarter));
    return _mm_cvtss_f32(_mm_max_ss(quarter, _mm_movehdup_ps(quarter)));
}

INLINE vf vmax(vf a, vf b) {
    return (vf) _mm256_max_ps((__m256) a, (__m256) b);
}

INLINE vf vmin(vf a, vf b) {
    return (vf) _mm256_min_ps((__m256) a, (__m256) b);
}

INLINE vi vmax_int(vi a, vi b) {
    return (vi) _mm256_max_epi32((__m256i) a, (__m256i) b);
}

INLINE int32_t largest_lane(vi x) {
    __m128i half = _mm_max_epi32(_mm256_castsi256_si128((__m256i) x), _mm256_extracti128_si256((__m256i) x, 1));
    half = _mm_max_epi32(half, _mm_shuffle_epi32(half, 0x4e));
    return _mm_cvtsi128_si32(_mm_max_epi32(half, _mm_shuffle_epi32(half, 0xb1)));
}

/* LANES integers as bytes. */
INLINE void store_bytes(int8_t *p, vi x) {
    __m128i pairs = _mm_packs_epi32(_mm256_castsi256_si128((__m256i) x), _mm256_extracti128_si256((__m256i) x, 1));
    _mm_storel_epi64((__m128i *) p, _mm_packs_epi16(pairs, pairs));
}

/* LANES signed bytes as integers. */
INLINE vi load_bytes(const int8_t *p) {
    return (vi) _mm256_cvtepi8_epi32(_mm_loadl_epi64((const __m128i *) p));
}

INLINE vf to_float(vi x) {
    return (vf) _mm256_cvtepi32_ps((__m256i) x);
}

INLINE vi broadcast_bytes4(const int8_t *p) {
    int32_t word;
    memcpy(&word, p, 4);
    return (vi) _mm256_set1_epi32(word);
}

/* sum[lane] += levels · x over the four bytes of each lane. */
INLINE vi dot4(vi sum, vi levels, vi x, const int is_wide) {
#ifdef AVX_VNNI_DOT
    (void) is_wide;
    return (vi) _mm256_dpbusd_avx_epi32((__m256i) sum, (__m256i) levels, (__m256i) x);
#else
    __m256i pairs;
    if (is_wide) {
        __m256i signed_x = _mm256_sign_epi8((__m256i) x, (__m256i) levels);
        pairs = _mm256_maddubs_epi16(_mm256_abs_epi8((__m256i) levels), signed_x);
    } else {
        pairs = _mm256_maddubs_epi16((__m256i) levels, (__m256i) x);
    }
    return sum + (vi) _mm256_madd_epi16(pairs, _mm256_set1_epi16(1));
#endif
}

INLINE vb join_32(__m256i low, __m256i high) {
    vb joined;
    memcpy(&joined, &low, 32);
    memcpy((uint8_t *) &joined + 32, &high, 32);
    return joined;
}

/* Every byte shifted; what a shift of pairs of bytes carries over is masked away. By halves: GCC sends casts of 64 bytes through memory. */
INLINE vb shift_right(vb x, const int bits, const int mask) {
    __m256i half[2];
    memcpy(half, &x, 64);
    __m256i kept = _mm256_set1_epi8((char) mask);
    return join_32(_mm256_and_si256(_mm256_srli_epi16(half[0], bits), kept), _mm256_and_si256(_mm256_srli_epi16(half[1], bits), kept));
}

INLINE vb shift_left(vb x, const int bits) {
    __m256i half[2];
    memcpy(half, &x, 64);
    __m256i kept = _mm256_set1_epi8((char) (0xff << bits));
    return join_32(_mm256_and_si256(_mm256_slli_epi16(half[0], bits), kept), _mm256_and_si256(_mm256_slli_epi16(half[1], bits), kept));
}

/* Low halves of 64 bytes are p >> low_shift, high halves p >> high_shift, each masked. */
INLINE vb spread_32(const uint8_t *p, const int low_shift, const int high_shift, const int mask) {
    __m256i bytes = _mm256_loadu_si256((const __m256i *) p);
    __m256i low = _mm256_and_si256(_mm256_srli_epi16(bytes, low_shift), _mm256_set1_epi8((char) mask));
    __m256i high = _mm256_and_si256(_mm256_srli_epi16(bytes, high_shift), _mm256_set1_epi8((char) mask));
    return join_32(low, high);
}

/* 32 bytes at p, then 32 at q. */
INLINE vb pair_32(const uint8_t *p, const uint8_t *q) {
    return join_32(_mm256_loadu_si256((const __m256i *) p), _mm256_loadu_si256((const __m256i *) q));
}

INLINE __m256i split_one_16(const uint8_t *p) {
    __m128i bytes = _mm_loadu_si128((const __m128i *) p);
    return _mm256_and_si256(_mm256_set_m128i(_mm_srli_epi16(bytes, 4), bytes), _mm256_set1_epi8(15));
}

/* Low nibbles of 16 bytes at p, their high nibbles, and the same of 16 bytes at q. */
INLINE vb split_16(const uint8_t *p, const uint8_t *q) {
    return join_32(split_one_16(p), split_one_16(q));
}

INLINE __m256i choose_by_word(uint32_t bits, int value) {
    __m256i spread = _mm256_shuffle_epi8(
            _mm256_set1_epi32((int) bits), _mm256_setr_epi64x(0, 0x0101010101010101, 0x0202020202020202, 0x0303030303030303));
    __m256i bit = _mm256_set1_epi64x((long long) 0x8040201008040201);
    return _mm256_and_si256(_mm256_cmpeq_epi8(_mm256_and_si256(spread, bit), bit), _mm256_set1_epi8((char) value));
}

/* Bytes that are value where bits has a one, and zero elsewhere. */
INLINE vb choose_by_bits(uint64_t bits, int value) {
    return join_32(choose_by_word((uint32_t) bits, value), choose_by_word((uint32_t) (bits >> 32), value));
}

/* table[index] + offset for indices below 16. */
INLINE vb look_up(const int8_t *table, int offset, vb index) {
    __m128i values = _mm_add_epi8(_mm_loadu_si128((const __m128i *) table), _mm_set1_epi8((char) offset));
    __m256i twice = _mm256_broadcastsi128_si256(values);
    __m256i half[2];
    memcpy(half, &index, 64);
    return join_32(_mm256_shuffle_epi8(twice, half[0]), _mm256_shuffle_epi8(twice, half[1]));
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
 * 256 levels or inputs in the order that dot_super wants: four neighbouring bytes of eight runs to each vector, so that
 * sums of 8 vectors (or, in runs of 16, twice 4) are those of whole runs, one lane to each.
 */
INLINE void arrange(const uint8_t *bytes, const int run, vi vectors[8]) {
    UNROLL for (int g = 0; g < 2; g++) {
        const uint8_t *p = bytes + (run == 32 ? 16 : 128) * g;
        __m256i a[4];
        __m256i b[4];
        UNROLL for (int i = 0; i < 4; i++) {
            __m128i upper = _mm_loadu_si128((const __m128i *) (p + run * (i + 4)));
            a[i] = _mm256_set_m128i(upper, _mm_loadu_si128((const __m128i *) (p + run * i)));
        }
        UNROLL for (int i = 0; i < 2; i++) {
            b[2 * i] = _mm256_unpacklo_epi32(a[2 * i], a[2 * i + 1]);
            b[2 * i + 1] = _mm256_unpackhi_epi32(a[2 * i], a[2 * i + 1]);
        }
        UNROLL for (int i = 0; i < 2; i++) {
            vectors[4 * g + 2 * i] = (vi) _mm256_unpacklo_epi64(b[i], b[i + 2]);
            vectors[4 * g + 2 * i + 1] = (vi) _mm256_unpackhi_epi64(b[i], b[i + 2]);
        }
    }
}

/* 256 columns of a row in that order, with scales and mins of the runs. */
typedef struct {
    vi levels[8];
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
    UNROLL for (int r = 0; r < SUPER / run; r += LANES) {
        vi products = {0};
        if (offsets != NULL) {
            products = *(const vi_loose *) (offsets + r);
        }
        UNROLL for (int j = r * run / 32; j < (r + LANES) * run / 32; j++) {
            products = dot4(products, a->levels[j], *(const vi_loose *) (x + 32 * j), is_wide);
        }
        sums += to_float(products) * (*(const vf *) (a->scales + r) * *(const vf_loose *) (x_scales + r));
    }
    return sums;
}

/* sums - mins · input sums. */
INLINE vf subtract_mins(const Arranged *a, const float *x_sums, const int run, vf sums) {
    for (int i = 0; i < SUPER / run; i += 8) {
        sums -= *(const vf_loose *) (a->mins + i) * *(const vf_loose *) (x_sums + i);
    }
    return sums;
}

/* target[k][r] = rows[r][k] for 8 rows of 8 words; rows are row_words apart, target's lines line_words. */
INLINE void transpose_words(uint32_t *target, int64_t line_words, const uint32_t *rows, int64_t row_words) {
    __m256i a[8];
    __m256i b[8];
    UNROLL for (int i = 0; i < 8; i++) {
        a[i] = _mm256_loadu_si256((const __m256i *) (rows + i * row_words));
    }
    UNROLL for (int i = 0; i < 8; i += 2) {
        b[i] = _mm256_unpacklo_epi32(a[i], a[i + 1]);
        b[i + 1] = _mm256_unpackhi_epi32(a[i], a[i + 1]);
    }
    UNROLL for (int i = 0; i < 8; i += 4) {
        a[i] = _mm256_unpacklo_epi64(b[i], b[i + 2]);
        a[i + 1] = _mm256_unpackhi_epi64(b[i], b[i + 2]);
        a[i + 2] = _mm256_unpacklo_epi64(b[i + 1], b[i + 3]);
        a[i + 3] = _mm256_unpackhi_epi64(b[i + 1], b[i + 3]);
    }
    UNROLL for (int k = 0; k < 4; k++) {
        __m256i low = _mm256_permute2x128_si256(a[k], a[4 + k], 0x20);
        __m256i high = _mm256_permute2x128_si256(a[k], a[4 + k], 0x31);
        _mm256_storeu_si256((__m256i *) (target + k * line_words), low);
        _mm256_storeu_si256((__m256i *) (target + (4 + k) * line_words), high);
    }
}
