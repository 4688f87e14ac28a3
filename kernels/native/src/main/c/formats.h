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

INLINE uint64_t long_at(const uint8_t *p) {
    uint64_t bits;
    memcpy(&bits, p, 8);
    return bits;
}

INLINE vb levels_at(const uint8_t *p) {
    vb x;
    memcpy(&x, p, sizeof(x));
    return x;
}

INLINE void set_levels(Unpacked *u, int at, vb x) {
    *(vb *) (u->levels + at) = x;
}

INLINE void unpack_q8_0(const uint8_t *p, Unpacked *u) {
    gather_halves_8(p, 34, u->scales);
    UNROLL for (int g = 0; g < 8; g += 2) {
        set_levels(u, 32 * g, pair_32(p + 34 * g + 2, p + 34 * g + 36) ^ WIDE_ZERO);
    }
}

INLINE void unpack_q4_0(const uint8_t *p, Unpacked *u) {
    gather_halves_8(p, 18, u->scales);
    UNROLL for (int g = 0; g < 8; g += 2) {
        set_levels(u, 32 * g, split_16(p + 18 * g + 2, p + 18 * g + 20));
    }
}

/* The offsets are added in this format, so they are negated. */
INLINE void unpack_q4_1(const uint8_t *p, Unpacked *u) {
    gather_halves_8(p, 20, u->scales);
    gather_halves_8(p + 2, 20, u->mins);
    for (int g = 0; g < 8; g++) {
        u->mins[g] = -u->mins[g];
    }
    UNROLL for (int g = 0; g < 8; g += 2) {
        set_levels(u, 32 * g, split_16(p + 20 * g + 4, p + 20 * g + 24));
    }
}

/* Bits of two words become the fifth bits of 64 levels. */
INLINE vb fifth_bits(const uint8_t *p, const uint8_t *q) {
    return choose_by_bits(word_at(p) | (uint64_t) word_at(q) << 32, 16);
}

INLINE void unpack_q5_0(const uint8_t *p, Unpacked *u) {
    gather_halves_8(p, 22, u->scales);
    UNROLL for (int g = 0; g < 8; g += 2) {
        const uint8_t *first = p + 22 * g;
        set_levels(u, 32 * g, split_16(first + 6, first + 28) | fifth_bits(first + 2, first + 24));
    }
}

INLINE void unpack_q5_1(const uint8_t *p, Unpacked *u) {
    gather_halves_8(p, 24, u->scales);
    gather_halves_8(p + 2, 24, u->mins);
    for (int g = 0; g < 8; g++) {
        u->mins[g] = -u->mins[g];
    }
    UNROLL for (int g = 0; g < 8; g += 2) {
        const uint8_t *first = p + 24 * g;
        set_levels(u, 32 * g, split_16(first + 8, first + 32) | fifth_bits(first + 4, first + 28));
    }
}

/* 64 bytes of four 2-bit levels: each 32 of them hold four stretches of 32 columns. */
INLINE vb two_bits(const uint8_t *p, const int stretch) {
    const int shift = 2 * (stretch & 3);
    return spread_32(p + 32 * (stretch >> 2), shift, shift + 2, 3);
}

/* 16 scale and offset nibbles, 64 bytes of levels, scale, offset scale. */
INLINE void unpack_q2_k(const uint8_t *p, Unpacked *u) {
    uint64_t low = long_at(p);
    uint64_t high = long_at(p + 8);
    const uint64_t nibbles = 0x0f0f0f0f0f0f0f0f;
    scale_steps_8(low & nibbles, half_at(p + 80), u->scales);
    scale_steps_8(high & nibbles, half_at(p + 80), u->scales + 8);
    scale_steps_8(low >> 4 & nibbles, half_at(p + 82), u->mins);
    scale_steps_8(high >> 4 & nibbles, half_at(p + 82), u->mins + 8);
    UNROLL for (int stretch = 0; stretch < 8; stretch += 2) {
        set_levels(u, 32 * stretch, two_bits(p + 16, stretch));
    }
}

/* Every byte, which is below 64, less 32; the top bit keeps borrows within the byte and then becomes the sign. */
INLINE uint64_t less_32(uint64_t steps) {
    const uint64_t top = 0x8080808080808080;
    return ((steps | top) - 0x2020202020202020) ^ top;
}

/* 32 bytes of third bits, 64 bytes of low bits, 12 bytes of 6-bit scales, scale. */
INLINE void unpack_q3_k(const uint8_t *p, Unpacked *u) {
    uint32_t a = word_at(p + 96);
    uint32_t b = word_at(p + 100);
    uint32_t c = word_at(p + 104);
    uint32_t steps[4] = {
        (a & 0x0f0f0f0f) | (c << 4 & 0x30303030),
        (b & 0x0f0f0f0f) | (c << 2 & 0x30303030),
        (a >> 4 & 0x0f0f0f0f) | (c & 0x30303030),
        (b >> 4 & 0x0f0f0f0f) | (c >> 2 & 0x30303030)
    };
    float scale = half_at(p + 108);
    scale_signed_steps_8(less_32(steps[0] | (uint64_t) steps[1] << 32), scale, u->scales);
    scale_signed_steps_8(less_32(steps[2] | (uint64_t) steps[3] << 32), scale, u->scales + 8);
    UNROLL for (int stretch = 0; stretch < 8; stretch += 2) {
        vb third_bits = shift_left(spread_32(p, stretch, stretch + 1, 1), 2);
        set_levels(u, 32 * stretch, two_bits(p + 32, stretch) | third_bits);
    }
}

/* A byte for each of the eight 6-bit scales and offsets of Q4_K and Q5_K. */
typedef struct {
    uint64_t scales;
    uint64_t mins;
} SixBits;

/* Unpacked four at a time within 32-bit words. */
INLINE SixBits six_bits(const uint8_t *p) {
    uint32_t a = word_at(p + 4);
    uint32_t b = word_at(p + 8);
    uint32_t c = word_at(p + 12);
    uint32_t high_scales = (c & 0x0f0f0f0f) | (a >> 2 & 0x30303030);
    uint32_t high_mins = (c >> 4 & 0x0f0f0f0f) | (b >> 2 & 0x30303030);
    return (SixBits) {
        (a & 0x3f3f3f3f) | (uint64_t) high_scales << 32, (b & 0x3f3f3f3f) | (uint64_t) high_mins << 32
    };
}

INLINE void unpack_six_bits(const uint8_t *p, Unpacked *u) {
    SixBits six = six_bits(p);
    scale_steps_8(six.scales, half_at(p), u->scales);
    scale_steps_8(six.mins, half_at(p + 2), u->mins);
}

/* Scale, offset scale, 12 bytes of 6-bit scales and offsets, 128 bytes of two levels. */
INLINE void unpack_q4_k(const uint8_t *p, Unpacked *u) {
    unpack_six_bits(p, u);
    UNROLL for (int pair = 0; pair < 4; pair++) {
        set_levels(u, 64 * pair, spread_32(p + 16 + 32 * pair, 0, 4, 15));
    }
}

/* As Q4_K with 32 bytes of fifth bits before the levels; bit g of byte i belongs to column i of run g. */
INLINE void unpack_q5_k(const uint8_t *p, Unpacked *u) {
    unpack_six_bits(p, u);
    UNROLL for (int pair = 0; pair < 4; pair++) {
        vb fifth = shift_left(spread_32(p + 16, 2 * pair, 2 * pair + 1, 1), 4);
        set_levels(u, 64 * pair, spread_32(p + 48 + 32 * pair, 0, 4, 15) | fifth);
    }
}

/* 128 bytes of low nibbles, 64 bytes of four high bit pairs, 16 signed scales, scale. */
INLINE void unpack_q6_k(const uint8_t *p, Unpacked *u) {
    scale_signed_steps_8(long_at(p + 192), half_at(p + 208), u->scales);
    scale_signed_steps_8(long_at(p + 200), half_at(p + 208), u->scales + 8);
    UNROLL for (int half = 0; half < 2; half++) {
        vb low = levels_at(p + 64 * half);
        const uint8_t *high = p + 128 + 32 * half;
        set_levels(u, 128 * half, (low & 15) | shift_left(spread_32(high, 0, 2, 3), 4));
        set_levels(u, 128 * half + 64, shift_right(low, 4, 15) | shift_left(spread_32(high, 4, 6, 3), 4));
    }
}

/* The uneven levels of the IQ4 formats, and twice the values of a 4-bit float plus 12. */
static const int8_t iq4_levels[16] = {-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113};
static const int8_t fp4_levels[16] = {12, 13, 14, 15, 16, 18, 20, 24, 12, 11, 10, 9, 8, 6, 4, 0};

INLINE void unpack_iq4_nl(const uint8_t *p, Unpacked *u) {
    gather_halves_8(p, 18, u->scales);
    UNROLL for (int g = 0; g < 8; g += 2) {
        set_levels(u, 32 * g, look_up(iq4_levels, WIDE_ZERO, split_16(p + 18 * g + 2, p + 18 * g + 20)));
    }
}

/* Scale, 16 upper bit pairs and 8 lower nibbles of the scales of 8 runs, 128 bytes of two levels. */
INLINE void unpack_iq4_xs(const uint8_t *p, Unpacked *u) {
    uint64_t low = word_at(p + 4);
    uint64_t high = (uint64_t) (p[2] | p[3] << 8);
    uint64_t steps = 0;
    for (int g = 0; g < 8; g++) {
        steps |= (low >> (4 * g) & 15) << (8 * g) | (high >> (2 * g) & 3) << (8 * g + 4);
    }
    scale_signed_steps_8(less_32(steps), half_at(p), u->scales);
    UNROLL for (int g = 0; g < 8; g += 2) {
        set_levels(u, 32 * g, look_up(iq4_levels, WIDE_ZERO, split_16(p + 8 + 16 * g, p + 24 + 16 * g)));
    }
}

/* A power of two per group; half of it, because the levels are doubled. */
INLINE void unpack_mxfp4(const uint8_t *p, Unpacked *u) {
    for (int g = 0; g < 8; g++) {
        uint32_t exponent = p[17 * g];
        uint32_t bits = exponent < 2 ? 0x00200000u << exponent : (exponent - 1) << 23;
        memcpy(&u->scales[g], &bits, 4);
    }
    UNROLL for (int g = 0; g < 8; g += 2) {
        set_levels(u, 32 * g, look_up(fp4_levels, 0, split_16(p + 17 * g + 1, p + 17 * g + 18)));
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

/* The 256 columns of a row from k on, a multiple of 256; if the row ends before, a copy in padded in which zeros follow. */
INLINE const uint8_t *columns_from(Format f, const uint8_t *row, int64_t k, int64_t columns, uint8_t *padded) {
    const uint8_t *p = row + k / SUPER * (SUPER / f.group * f.bytes);
    if (columns - k >= SUPER) {
        return p;
    }
    memset(padded, 0, PADDED_BYTES);
    memcpy(padded, p, (size_t) row_bytes(f, columns - k));
    return padded;
}
