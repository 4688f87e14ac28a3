/* Inputs as bytes, 256 at a time. */

/*
 * Lanes 2i and 2i + 1 of the result hold, for i below 4, what is left of the lanes of x[i] and x[4 + i] in turn when they
 * are combined; so the results of eight vectors take no longer than those of two.
 */
#define COMBINE_EIGHT(name, combine) \
    INLINE __m512i name(const vi x[8]) { \
        __m512i half[4]; \
        __m512i quarter[2]; \
        UNROLL for (int i = 0; i < 4; i++) { \
            __m512i a = (__m512i) x[2 * i]; \
            __m512i b = (__m512i) x[2 * i + 1]; \
            half[i] = combine(_mm512_shuffle_i64x2(a, b, 0x44), _mm512_shuffle_i64x2(a, b, 0xee)); \
        } \
        UNROLL for (int i = 0; i < 2; i++) { \
            __m512i a = half[2 * i]; \
            __m512i b = half[2 * i + 1]; \
            quarter[i] = combine(_mm512_shuffle_i64x2(a, b, 0x88), _mm512_shuffle_i64x2(a, b, 0xdd)); \
        } \
        __m512i pairs = combine( \
                _mm512_unpacklo_epi64(quarter[0], quarter[1]), _mm512_unpackhi_epi64(quarter[0], quarter[1])); \
        __m512i all = combine(pairs, _mm512_shuffle_epi32(pairs, 0xb1)); \
        return _mm512_permutexvar_epi32(_mm512_setr_epi32(0, 0, 4, 4, 8, 8, 12, 12, 2, 2, 6, 6, 10, 10, 14, 14), all); \
    }
COMBINE_EIGHT(largest_of_eight, _mm512_max_epi32)
COMBINE_EIGHT(sums_of_eight, _mm512_add_epi32)

/* The even lanes, together. */
INLINE __m256i even_lanes(__m512i x) {
    return _mm512_cvtepi64_epi32(x);
}

/* quantize_32 for 256 inputs, with what belongs to each run. */
INLINE void quantize_super(
        const float *x, int8_t *levels, const int run, const int zero, float *scales, float *sums, int32_t *offsets) {
    vi largest_bits[8];
    UNROLL for (int i = 0; i < 8; i++) {
        vi first = (vi) *(const vf_loose *) (x + 32 * i) & 0x7fffffff;
        largest_bits[i] = vmax_int(first, (vi) *(const vf_loose *) (x + 32 * i + 16) & 0x7fffffff);
    }
    __m512 largest = _mm512_castsi512_ps(largest_of_eight(largest_bits));
    __mmask16 counts = _mm512_cmp_ps_mask(largest, _mm512_set1_ps(4e-37f), _CMP_NLT_UQ);
    __m512 inverse = _mm512_maskz_div_ps(counts, _mm512_set1_ps(127), largest);
    __m512 scale = _mm512_div_ps(largest, _mm512_set1_ps(127));
    vi odd[8];
    vi even[8];
    UNROLL for (int i = 0; i < 8; i++) {
        vf factor = (vf) _mm512_permutexvar_ps(_mm512_set1_epi32(2 * i), inverse);
        even[i] = round_to_int(*(const vf_loose *) (x + 32 * i) * factor);
        odd[i] = round_to_int(*(const vf_loose *) (x + 32 * i + 16) * factor);
        store_bytes(levels + 32 * i, even[i]);
        store_bytes(levels + 32 * i + 16, odd[i]);
    }
    if (run == 32) {
        UNROLL for (int i = 0; i < 8; i++) {
            even[i] += odd[i];
        }
        __m256i total = even_lanes(sums_of_eight(even));
        __m256 each = _mm256_castsi256_ps(even_lanes(_mm512_castps_si512(scale)));
        _mm256_storeu_ps(scales, each);
        _mm256_storeu_ps(sums, _mm256_mul_ps(each, _mm256_cvtepi32_ps(total)));
        _mm256_storeu_si256((__m256i *) offsets, _mm256_mullo_epi32(total, _mm256_set1_epi32(-zero)));
    } else {
        __m512i total = _mm512_mask_mov_epi32(sums_of_eight(even), 0xaaaa, sums_of_eight(odd));
        _mm512_storeu_ps(scales, scale);
        _mm512_storeu_ps(sums, _mm512_mul_ps(scale, _mm512_cvtepi32_ps(total)));
        _mm512_storeu_si512(offsets, _mm512_mullo_epi32(total, _mm512_set1_epi32(-zero)));
    }
}
