/*
 * The commonest formats unpacked straight into the order of dot_super, in registers: bytes are put in place while two or
 * more levels still share one, which takes half the shuffles, or fewer.
 */

/* Sixteen halves, two for each run, as floats. */
INLINE vf lane_halves(__m512i halves) {
    return (vf) _mm512_cvtph_ps(_mm512_castsi512_si256(halves));
}

/* Blocks of a half and 32 bytes; the halves are words 0, 17, ... 119. */
INLINE void arranged_q8_0(const Format f, const uint8_t *p, Arranged *a) {
    (void) f;
    __m512i words[4];
    __m512i pairs[4];
    __m512i b[4];
    UNROLL for (int i = 0; i < 4; i++) {
        words[i] = _mm512_loadu_si512(p + 64 * i);
        pairs[i] = (__m512i) pair_32(p + 68 * i + 2, p + 68 * i + 36);
    }
    const __m512i early = _mm512_castsi256_si512(_mm256_setr_epi16(0, 0, 17, 17, 34, 34, 51, 51, 0, 0, 0, 0, 0, 0, 0, 0));
    const __m512i late = _mm512_castsi256_si512(_mm256_setr_epi16(0, 0, 0, 0, 0, 0, 0, 0, 4, 4, 21, 21, 38, 38, 55, 55));
    __m512i first = _mm512_permutex2var_epi16(words[0], early, words[1]);
    __m512i second = _mm512_permutex2var_epi16(words[2], late, words[3]);
    a->scales = lane_halves(_mm512_mask_mov_epi32(first, 0x00f0, second));
    const __m512i front = _mm512_setr_epi64(0, 4, 8, 12, 1, 5, 9, 13);
    const __m512i back = _mm512_setr_epi64(2, 6, 10, 14, 3, 7, 11, 15);
    UNROLL for (int i = 0; i < 4; i += 2) {
        b[i] = _mm512_permutex2var_epi64(pairs[i], front, pairs[i + 1]);
        b[i + 1] = _mm512_permutex2var_epi64(pairs[i], back, pairs[i + 1]);
    }
    const __m512i sign = _mm512_set1_epi8((char) WIDE_ZERO);
    UNROLL for (int i = 0; i < 2; i++) {
        a->levels[2 * i] = (vi) _mm512_xor_si512(_mm512_shuffle_i64x2(b[i], b[i + 2], 0x44), sign);
        a->levels[2 * i + 1] = (vi) _mm512_xor_si512(_mm512_shuffle_i64x2(b[i], b[i + 2], 0xee), sign);
    }
}

/* 16 bytes each of four blocks that are 18 bytes apart. */
INLINE __m512i four_blocks(const uint8_t *p) {
    __m512i blocks = _mm512_castsi128_si512(_mm_loadu_si128((const __m128i *) p));
    blocks = _mm512_inserti32x4(blocks, _mm_loadu_si128((const __m128i *) (p + 18)), 1);
    blocks = _mm512_inserti32x4(blocks, _mm_loadu_si128((const __m128i *) (p + 36)), 2);
    return _mm512_inserti32x4(blocks, _mm_loadu_si128((const __m128i *) (p + 54)), 3);
}

/* Blocks of a half and 16 bytes, whose low nibbles come first; the halves are words 0, 9, ... 63. */
INLINE void arranged_q4_0(const Format f, const uint8_t *p, Arranged *a) {
    (void) f;
    const __m512i starts = _mm512_castsi256_si512(_mm256_setr_epi16(0, 0, 9, 9, 18, 18, 27, 27, 36, 36, 45, 45, 54, 54, 63, 63));
    a->scales = lane_halves(_mm512_permutex2var_epi16(_mm512_loadu_si512(p), starts, _mm512_loadu_si512(p + 64)));
    __m512i early = four_blocks(p + 2);
    __m512i late = four_blocks(p + 74);
    __m512i even = _mm512_permutex2var_epi64(early, _mm512_setr_epi64(0, 2, 4, 6, 8, 10, 12, 14), late);
    __m512i odd = _mm512_permutex2var_epi64(early, _mm512_setr_epi64(1, 3, 5, 7, 9, 11, 13, 15), late);
    a->levels[0] = (vi) ((vb) even & 15);
    a->levels[1] = (vi) ((vb) odd & 15);
    a->levels[2] = (vi) shift_right((vb) even, 4, 15);
    a->levels[3] = (vi) shift_right((vb) odd, 4, 15);
}

/* Every 32 bytes hold the low nibbles of one run and the high ones of the next. */
INLINE void arranged_q4_k(const Format f, const uint8_t *p, Arranged *a) {
    (void) f;
    __m512i low = _mm512_loadu_si512(p + 16);
    __m512i high = _mm512_loadu_si512(p + 80);
    const __m512i nibble = _mm512_setr_epi64(0, 0x0004000400040004, 0, 0x0004000400040004, 0, 0x0004000400040004, 0, 0x0004000400040004);
    UNROLL for (int j = 0; j < 4; j++) {
        __m512i eighths = _mm512_setr_epi64(j, j, 4 + j, 4 + j, 8 + j, 8 + j, 12 + j, 12 + j);
        __m512i twice = _mm512_permutex2var_epi64(low, eighths, high);
        a->levels[j] = (vi) ((vb) _mm512_srlv_epi16(twice, nibble) & 15);
    }
    SixBits six = six_bits(p);
    __m128i steps = _mm_set_epi64x((long long) six.mins, (long long) six.scales);
    __m512 both = _mm512_castps128_ps512(_mm_cvtph_ps(_mm_cvtsi32_si128((int) word_at(p))));
    both = _mm512_permutexvar_ps(_mm512_setr_epi32(0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1), both);
    __m512 factors = _mm512_mul_ps(_mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(steps)), both);
    a->scales = (vf) _mm512_permutexvar_ps(lane_runs(), factors);
    a->mins = (vf) _mm512_zextps256_ps512(_mm512_extractf32x8_ps(factors, 1));
}

/*
 * Two halves of 128 columns: 64 bytes whose low nibbles belong to the first four runs and whose high ones to the others,
 * and 32 bytes of bit pairs, the lowest of which belong to the first two runs.
 */
INLINE void arranged_q6_k(const Format f, const uint8_t *p, Arranged *a) {
    (void) f;
    __m512i first = _mm512_loadu_si512(p);
    __m512i second = _mm512_loadu_si512(p + 64);
    __m512i pairs = _mm512_loadu_si512(p + 128);
    const __m512i nibble = _mm512_setr_epi32(0, 0, 0, 0, 4, 4, 4, 4, 0, 0, 0, 0, 4, 4, 4, 4);
    const __m512i to_bit_4 = _mm512_setr_epi32(4, 4, 2, 2, 0, 0, 30, 30, 4, 4, 2, 2, 0, 0, 30, 30);
    const __m512i low_bits = _mm512_set1_epi8(15);
    UNROLL for (int j = 0; j < 4; j++) {
        __m512i quarters = _mm512_setr_epi32(
                j, 4 + j, 8 + j, 12 + j, j, 4 + j, 8 + j, 12 + j, 16 + j, 20 + j, 24 + j, 28 + j, 16 + j, 20 + j, 24 + j, 28 + j);
        __m512i places = _mm512_setr_epi32(
                j, 4 + j, j, 4 + j, j, 4 + j, j, 4 + j, 8 + j, 12 + j, 8 + j, 12 + j, 8 + j, 12 + j, 8 + j, 12 + j);
        __m512i low = _mm512_srlv_epi32(_mm512_permutex2var_epi32(first, quarters, second), nibble);
        __m512i high = _mm512_rolv_epi32(_mm512_permutexvar_epi32(places, pairs), to_bit_4);
        __m512i mixed = _mm512_ternarylogic_epi32(low_bits, low, high, 0xca); /* the low bits of low, the others of high */
        a->levels[j] = (vi) _mm512_and_si512(mixed, _mm512_set1_epi8(63));
    }
    __m512i steps = _mm512_cvtepi8_epi32(_mm_loadu_si128((const __m128i *) (p + 192)));
    a->scales = (vf) _mm512_cvtepi32_ps(steps) * half_at(p + 208);
}
