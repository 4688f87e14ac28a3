/*
 * The quantised formats: how 256 columns of a row become unsigned 8-bit levels u with a scale s per run of 16 or 32
 * columns, so that w = s * (u - zero), or w = s * u - min for formats with offsets. Written in plain C loops that
 * compilers turn into SIMD; included once per instruction set (see simd_*.h for INLINE and WIDE_ZERO).
 */

enum { PADDED_BYTES = SUPER + 64 }; /* at least 256 columns of any format in groups of 32 */

/* 256 columns of one row. Formats with runs of 32 use the first 8 scales and mins. */
typedef struct {
    _Alignas(64) uint8_t levels[SUPER];
    _Alignas(64) float scales[16];
    _Alignas(64) float mins[16];
} Unpacked;

INLINE float half_at(const uint8_t *p) {
    uint16_t bits;
    memcpy(&bits, p, 2);
    return half_to_float(bits);
}

INLINE uint32_t word_at(const uint8_t *p) {
    uint32_t word;
    memcpy(&word, p, 4);
    return word;
}

/* Bit i of bits becomes bit 4 of level i. */
INLINE void add_fifth_bits(uint32_t bits, uint8_t *restrict levels) {
    for (int i = 0; i < 32; i++) {
        levels[i] |= (uint8_t) (bits >> i & 1) << 4;
    }
}

INLINE void unpack_q8_0(const uint8_t *restrict p, Unpacked *restrict u) {
    gather_halves_8(p, 34, u->scales);
    for (int g = 0; g < 8; g++) {
        for (int i = 0; i < 32; i++) {
            u->levels[32 * g + i] = p[34 * g + 2 + i] ^ WIDE_ZERO;
        }
    }
}

INLINE void unpack_q4_0(const uint8_t *restrict p, Unpacked *restrict u) {
    gather_halves_8(p, 18, u->scales);
    for (int g = 0; g < 8; g++) {
        split_nibbles_16(p + 18 * g + 2, u->levels + 32 * g);
    }
}

INLINE void unpack_q4_1(const uint8_t *restrict p, Unpacked *restrict u) {
    gather_halves_8(p, 20, u->scales);
    gather_halves_8(p + 2, 20, u->mins);
    for (int g = 0; g < 8; g++) {
        u->mins[g] = -u->mins[g];
        split_nibbles_16(p + 20 * g + 4, u->levels + 32 * g);
    }
}

INLINE void unpack_q5_0(const uint8_t *restrict p, Unpacked *restrict u) {
    gather_halves_8(p, 22, u->scales);
    for (int g = 0; g < 8; g++) {
        split_nibbles_16(p + 22 * g + 6, u->levels + 32 * g);
        add_fifth_bits(word_at(p + 22 * g + 2), u->levels + 32 * g);
    }
}

INLINE void unpack_q5_1(const uint8_t *restrict p, Unpacked *restrict u) {
    gather_halves_8(p, 24, u->scales);
    gather_halves_8(p + 2, 24, u->mins);
    for (int g = 0; g < 8; g++) {
        u->mins[g] = -u->mins[g];
        split_nibbles_16(p + 24 * g + 8, u->levels + 32 * g);
        add_fifth_bits(word_at(p + 24 * g + 4), u->levels + 32 * g);
    }
}

/* Four 2-bit levels per byte: 32 bytes hold four stretches of 32 columns. */
INLINE void unpack_pairs(const uint8_t *restrict p, uint8_t *restrict levels) {
    for (int half = 0; half < 2; half++) {
        for (int shift = 0; shift < 4; shift++) {
            for (int i = 0; i < 32; i++) {
                levels[128 * half + 32 * shift + i] = p[32 * half + i] >> (2 * shift) & 3;
            }
        }
    }
}

/* 16 scale and offset nibbles, 64 bytes of levels, scale, offset scale. */
INLINE void unpack_q2_k(const uint8_t *restrict p, Unpacked *restrict u) {
    float scale = half_at(p + 80);
    float min = half_at(p + 82);
    for (int i = 0; i < 16; i++) {
        u->scales[i] = scale * (p[i] & 15);
        u->mins[i] = min * (p[i] >> 4);
    }
    unpack_pairs(p + 16, u->levels);
}

/* 32 bytes of third bits, 64 bytes of low bits, 12 bytes of 6-bit scales, scale. */
INLINE void unpack_q3_k(const uint8_t *restrict p, Unpacked *restrict u) {
    float scale = half_at(p + 108);
    const uint8_t *packed = p + 96;
    for (int i = 0; i < 16; i++) {
        int low = packed[i & 7] >> (4 * (i >> 3)) & 15;
        int high = packed[8 + (i & 3)] >> (2 * (i >> 2)) & 3;
        u->scales[i] = scale * ((low | high << 4) - 32);
    }
    unpack_pairs(p + 32, u->levels);
    for (int bit = 0; bit < 8; bit++) {
        for (int i = 0; i < 32; i++) {
            u->levels[32 * bit + i] |= (uint8_t) (p[i] >> bit & 1) << 2;
        }
    }
}

/* The eight 6-bit scales and offsets of Q4_K and Q5_K, unpacked four at a time within 32-bit words. */
INLINE void unpack_six_bits(const uint8_t *restrict p, Unpacked *restrict u) {
    uint32_t a = word_at(p + 4);
    uint32_t b = word_at(p + 8);
    uint32_t c = word_at(p + 12);
    uint32_t packed[4] = {
        a & 0x3f3f3f3f,
        (c & 0x0f0f0f0f) | (a >> 2 & 0x30303030),
        b & 0x3f3f3f3f,
        (c >> 4 & 0x0f0f0f0f) | (b >> 2 & 0x30303030)
    };
    uint8_t steps[16];
    memcpy(steps, packed, 16);
    scale_steps_8(steps, half_at(p), u->scales);
    scale_steps_8(steps + 8, half_at(p + 2), u->mins);
}

/* Scale, offset scale, 12 bytes of 6-bit scales and offsets, 128 bytes of two levels. */
INLINE void unpack_q4_k(const uint8_t *restrict p, Unpacked *restrict u) {
    unpack_six_bits(p, u);
    for (int pair = 0; pair < 4; pair++) {
        split_nibbles_32(p + 16 + 32 * pair, u->levels + 64 * pair);
    }
}

/* As Q4_K with 32 bytes of fifth bits before the levels; bit g of byte i belongs to column i of run g. */
INLINE void unpack_q5_k(const uint8_t *restrict p, Unpacked *restrict u) {
    unpack_six_bits(p, u);
    const uint8_t *fifth = p + 16;
    for (int pair = 0; pair < 4; pair++) {
        uint8_t *levels = u->levels + 64 * pair;
        split_nibbles_32(p + 48 + 32 * pair, levels);
        for (int i = 0; i < 32; i++) {
            levels[i] |= (uint8_t) (fifth[i] >> (2 * pair) & 1) << 4;
        }
        for (int i = 0; i < 32; i++) {
            levels[32 + i] |= (uint8_t) (fifth[i] >> (2 * pair + 1) & 1) << 4;
        }
    }
}

/* 128 bytes of low nibbles, 64 bytes of four high bit pairs, 16 signed scales, scale. */
INLINE void unpack_q6_k(const uint8_t *restrict p, Unpacked *restrict u) {
    float scale = half_at(p + 208);
    const int8_t *steps = (const int8_t *) p + 192;
    scale_signed_steps_8(steps, scale, u->scales);
    scale_signed_steps_8(steps + 8, scale, u->scales + 8);
    for (int half = 0; half < 2; half++) {
        const uint8_t *low = p + 64 * half;
        const uint8_t *high = p + 128 + 32 * half;
        uint8_t *levels = u->levels + 128 * half;
        for (int i = 0; i < 32; i++) {
            levels[i] = (low[i] & 15) | (uint8_t) (high[i] & 3) << 4;
        }
        for (int i = 0; i < 32; i++) {
            levels[32 + i] = (low[32 + i] & 15) | (uint8_t) (high[i] >> 2 & 3) << 4;
        }
        for (int i = 0; i < 32; i++) {
            levels[64 + i] = (low[i] >> 4) | (uint8_t) (high[i] >> 4 & 3) << 4;
        }
        for (int i = 0; i < 32; i++) {
            levels[96 + i] = (low[32 + i] >> 4) | (uint8_t) (high[i] >> 6) << 4;
        }
    }
}

/* The uneven levels of the IQ4 formats, and twice the values of a 4-bit float plus 12. */
static const int8_t iq4_levels[16] = {-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113};
static const int8_t fp4_levels[16] = {12, 13, 14, 15, 16, 18, 20, 24, 12, 11, 10, 9, 8, 6, 4, 0};

INLINE void unpack_iq4_nl(const uint8_t *restrict p, Unpacked *restrict u) {
    for (int g = 0; g < 8; g++) {
        u->scales[g] = half_at(p + 18 * g);
        look_up_nibbles(iq4_levels, WIDE_ZERO, p + 18 * g + 2, u->levels + 32 * g);
    }
}

/* Scale, 16 upper bit pairs and 8 lower nibbles of the scales of 8 runs, 128 bytes of two levels. */
INLINE void unpack_iq4_xs(const uint8_t *restrict p, Unpacked *restrict u) {
    float scale = half_at(p);
    int high_bits = p[2] | p[3] << 8;
    for (int g = 0; g < 8; g++) {
        int low = p[4 + g / 2] >> (4 * (g & 1)) & 15;
        int high = high_bits >> (2 * g) & 3;
        u->scales[g] = scale * ((low | high << 4) - 32);
        look_up_nibbles(iq4_levels, WIDE_ZERO, p + 8 + 16 * g, u->levels + 32 * g);
    }
}

/* A power of two per group; half of it, because the levels are doubled. */
INLINE void unpack_mxfp4(const uint8_t *restrict p, Unpacked *restrict u) {
    for (int g = 0; g < 8; g++) {
        uint32_t exponent = p[17 * g];
        uint32_t bits = exponent < 2 ? 0x00200000u << exponent : (exponent - 1) << 23;
        memcpy(&u->scales[g], &bits, 4);
        look_up_nibbles(fp4_levels, 0, p + 17 * g + 1, u->levels + 32 * g);
    }
}

/* What the kernels know of a format. */
typedef struct {
    int group;    /* columns per quantised group */
    int bytes;    /* bytes per quantised group */
    int run;      /* columns per scale */
    int zero;     /* what is subtracted from levels; 0 if there are mins */
    int has_mins;
    int is_wide;  /* whether levels need all 8 bits */
    void (*unpack)(const uint8_t *p, Unpacked *u);
} Format;

#define UNPACKER(name) \
    TARGET static void apply_##name(const uint8_t *p, Unpacked *u) { \
        name(p, u); \
    }
UNPACKER(unpack_q4_0)
UNPACKER(unpack_q4_1)
UNPACKER(unpack_q5_0)
UNPACKER(unpack_q5_1)
UNPACKER(unpack_q8_0)
UNPACKER(unpack_q2_k)
UNPACKER(unpack_q3_k)
UNPACKER(unpack_q4_k)
UNPACKER(unpack_q5_k)
UNPACKER(unpack_q6_k)
UNPACKER(unpack_iq4_nl)
UNPACKER(unpack_iq4_xs)
UNPACKER(unpack_mxfp4)

INLINE Format format_of(int64_t type) {
    switch (type) {
        case Q4_0: return (Format) {32, 18, 32, 8, 0, 0, apply_unpack_q4_0};
        case Q4_1: return (Format) {32, 20, 32, 0, 1, 0, apply_unpack_q4_1};
        case Q5_0: return (Format) {32, 22, 32, 16, 0, 0, apply_unpack_q5_0};
        case Q5_1: return (Format) {32, 24, 32, 0, 1, 0, apply_unpack_q5_1};
        case Q8_0: return (Format) {32, 34, 32, WIDE_ZERO, 0, 1, apply_unpack_q8_0};
        case Q2_K: return (Format) {256, 84, 16, 0, 1, 0, apply_unpack_q2_k};
        case Q3_K: return (Format) {256, 110, 16, 4, 0, 0, apply_unpack_q3_k};
        case Q4_K: return (Format) {256, 144, 32, 0, 1, 0, apply_unpack_q4_k};
        case Q5_K: return (Format) {256, 176, 32, 0, 1, 0, apply_unpack_q5_k};
        case Q6_K: return (Format) {256, 210, 16, 32, 0, 0, apply_unpack_q6_k};
        case IQ4_NL: return (Format) {32, 18, 32, WIDE_ZERO, 0, 1, apply_unpack_iq4_nl};
        case IQ4_XS: return (Format) {256, 136, 32, WIDE_ZERO, 0, 1, apply_unpack_iq4_xs};
        case MXFP4: return (Format) {32, 17, 32, 12, 0, 0, apply_unpack_mxfp4};
        default: return (Format) {0};
    }
}

/* Bytes of one row. */
INLINE int64_t row_bytes(Format f, int64_t columns) {
    return columns / f.group * f.bytes;
}

/* The 256 columns of a row from k on; if the row ends before, a copy in padded in which zeros follow. */
INLINE const uint8_t *columns_from(Format f, const uint8_t *row, int64_t k, int64_t columns, uint8_t *padded) {
    const uint8_t *p = row + k / f.group * f.bytes;
    if (columns - k >= SUPER) {
        return p;
    }
    memset(padded, 0, PADDED_BYTES);
    memcpy(padded, p, (size_t) row_bytes(f, columns - k));
    return padded;
}
