/*
 * Products with matrices whose elements are floats of some kind, and with those that are decoded to floats first:
 * 32-bit arithmetic throughout, in the two shapes of matmul_int8.h.
 */

enum { FLOAT_COLUMNS = 256 }; /* columns of a panel, and of the stretches that are decoded at a time */

/* Values of FP8 with 4 exponent and 3 mantissa bits: no infinities, NaN for 0x7f and 0xff. */
INLINE float fp8_to_float(uint8_t code) {
    int exponent = code >> 3 & 15;
    int mantissa = code & 7;
    if ((code & 0x7f) == 0x7f) {
        return NAN;
    }
    uint32_t bits = (uint32_t) (exponent + 120) << 23 | (uint32_t) mantissa << 20;
    float value;
    memcpy(&value, &bits, 4);
    if (exponent == 0) {
        value = mantissa * 0x1p-9f;
    }
    return code & 0x80 ? -value : value;
}

INLINE int64_t float_bytes(int64_t type) {
    return type == F32 ? 4 : type == F64 ? 8 : type == F8_E4M3 ? 1 : 2;
}

/* Element number index of plainly stored elements. */
INLINE float element_at(int64_t type, const uint8_t *data, int64_t index) {
    if (type == F32) {
        float value;
        memcpy(&value, data + 4 * index, 4);
        return value;
    }
    if (type == F64) {
        double value;
        memcpy(&value, data + 8 * index, 8);
        return (float) value;
    }
    if (type == F8_E4M3) {
        return fp8_to_float(data[index]);
    }
    if (type == F16) {
        return half_at(data + 2 * index);
    }
    uint32_t bits = (uint32_t) (data[2 * index] | data[2 * index + 1] << 8) << 16;
    float value;
    memcpy(&value, &bits, 4);
    return value;
}

/* LANES elements of a type that vectors can load. */
INLINE vf load_floats(const int type, const uint8_t *p) {
    if (type == F32) {
        return *(const vf_loose *) p;
    }
    return type == F16 ? load_halves(p) : load_bf16s(p);
}

/* count consecutive elements from number index on. */
INLINE void decode_plain_as(const int type, const uint8_t *data, int64_t index, int64_t count, float *out) {
    const uint8_t *p = data + index * float_bytes(type);
    int64_t i = 0;
    for (; i + LANES <= count; i += LANES) {
        *(vf_loose *) (out + i) = load_floats(type, p + i * float_bytes(type));
    }
    for (; i < count; i++) {
        out[i] = element_at(type, p, i);
    }
}

INLINE void decode_plain(int64_t type, const uint8_t *data, int64_t index, int64_t count, float *out) {
    switch (type) {
        case F32: decode_plain_as(F32, data, index, count, out); break;
        case F16: decode_plain_as(F16, data, index, count, out); break;
        case BF16: decode_plain_as(BF16, data, index, count, out); break;
        default:
            for (int64_t i = 0; i < count; i++) {
                out[i] = element_at(type, data, index + i);
            }
    }
}

/* Columns [k, k + count) of a row of 4-bit integers: nibble c % 8 of word c / 8, minus a zero, times a scale. */
INLINE void decode_int4(const Matrix *w, int64_t row, int64_t k, int64_t count, float *out) {
    const uint8_t *packed = w->data + row * ((w->columns + 7) / 8) * 4;
    int64_t group_columns = w->columns / w->groups;
    int64_t known = -1;
    float scale = 0;
    int zero = 8;
    for (int64_t i = 0; i < count; i++) {
        int64_t c = k + i;
        int64_t group = w->group_index != NULL ? (int32_t) word_at(w->group_index + 4 * c) : c / group_columns;
        if (group != known) {
            known = group;
            scale = element_at(w->scale_type, w->scales, row * w->groups + group);
            if (w->zero_points != NULL) {
                zero = word_at(w->zero_points + 4 * (row / 8 * w->groups + group)) >> (4 * (row % 8)) & 15;
            }
        }
        out[i] = ((packed[c / 2] >> (4 * (c & 1)) & 15) - zero) * scale;
    }
}

/* Columns [k, k + count) of a row of any matrix that is not quantised in groups of a GGUF format. */
INLINE void decode_columns(const Matrix *w, int64_t row, int64_t k, int64_t count, float *out) {
    if (w->layout == INT4) {
        decode_int4(w, row, k, count, out);
        return;
    }
    decode_plain(w->type, w->data, row * w->columns + k, count, out);
    if (w->layout == FP8) {
        float scale = element_at(w->scale_type, w->scales, row);
        for (int64_t i = 0; i < count; i++) {
            out[i] *= scale;
        }
    }
}

/* sums[t] += Σ w · x[t] over count elements of a type that vectors can load. */
INLINE void dot_stretch(const int type, const int width, const uint8_t *w, const float *const *x, int64_t count, vf sums[4][4]) {
    int64_t i = 0;
    for (; i + 4 * LANES <= count; i += 4 * LANES) {
        UNROLL for (int part = 0; part < 4; part++) {
            vf weights = load_floats(type, w + (i + part * LANES) * float_bytes(type));
            UNROLL for (int t = 0; t < width; t++) {
                sums[t][part] += weights * *(const vf_loose *) (x[t] + i + part * LANES);
            }
        }
    }
    for (; i + LANES <= count; i += LANES) {
        vf weights = load_floats(type, w + i * float_bytes(type));
        UNROLL for (int t = 0; t < width; t++) {
            sums[t][0] += weights * *(const vf_loose *) (x[t] + i);
        }
    }
    for (; i < count; i++) {
        UNROLL for (int t = 0; t < width; t++) {
            sums[t][0][0] += element_at(type, w, i) * x[t][i];
        }
    }
}

/* Dot products of rows [from, to) with 1 or 4 tokens; type -1 stands for matrices that are decoded first. */
INLINE void multiply_few_floats(
        const int type, const int width, const Matrix *w, float *out, const float *x, int64_t tokens, int64_t from, int64_t to, float *decoded) {
    int64_t columns = w->columns;
    const float *start[4];
    for (int t = 0; t < width; t++) {
        start[t] = x + (t < tokens ? t : tokens - 1) * columns;
    }
    for (int64_t r = from; r < to; r++) {
        vf sums[4][4] = {{{0}}};
        for (int64_t k = 0; k < columns; k += FLOAT_COLUMNS) {
            int64_t count = columns - k < FLOAT_COLUMNS ? columns - k : FLOAT_COLUMNS;
            const float *part[4];
            for (int t = 0; t < width; t++) {
                part[t] = start[t] + k;
            }
            if (type < 0) {
                decode_columns(w, r, k, count, decoded);
                dot_stretch(F32, width, (const uint8_t *) decoded, part, count, sums);
            } else {
                const uint8_t *p = w->data + (r * columns + k) * float_bytes(type);
                prefetch(p + PREFETCH_BYTES, FLOAT_COLUMNS * float_bytes(type));
                dot_stretch(type, width, p, part, count, sums);
            }
        }
        for (int t = 0; t < width && t < tokens; t++) {
            out[t * w->rows + r] = sum_lanes((sums[t][0] + sums[t][1]) + (sums[t][2] + sums[t][3]));
        }
    }
}

/* The same for a transposed matrix, whose rows lie across memory: out is summed up, four columns at a time. */
INLINE void multiply_few_transposed(const int type, const Matrix *w, float *out, const float *x, int64_t tokens, int64_t from, int64_t to) {
    int64_t bytes = float_bytes(type);
    int64_t c = 0;
    for (int64_t t = 0; t < tokens; t++) {
        memset(out + t * w->rows + from, 0, (size_t) (to - from) * sizeof(float));
    }
    for (; c < w->columns; c += 4) {
        int width = w->columns - c < 4 ? (int) (w->columns - c) : 4;
        const uint8_t *p[4];
        for (int i = 0; i < 4; i++) {
            p[i] = w->data + ((c + (i < width ? i : 0)) * w->stride + w->first_row) * bytes;
        }
        for (int64_t t = 0; t < tokens; t++) {
            float *sums = out + t * w->rows;
            float f[4];
            for (int i = 0; i < 4; i++) {
                f[i] = i < width ? x[t * w->columns + c + i] : 0;
            }
            int64_t r = from;
            for (; r + LANES <= to; r += LANES) {
                vf sum = f[0] * load_floats(type, p[0] + r * bytes) + f[1] * load_floats(type, p[1] + r * bytes);
                sum += f[2] * load_floats(type, p[2] + r * bytes) + f[3] * load_floats(type, p[3] + r * bytes);
                *(vf_loose *) (sums + r) += sum;
            }
            for (; r < to; r++) {
                for (int i = 0; i < width; i++) {
                    sums[r] += f[i] * element_at(type, p[i], r);
                }
            }
        }
    }
}

/* Writes panel[column][row] for columns [k, k + count) of PANEL_ROWS rows; rows beyond the last are zeros. */
INLINE void fill_float_panel(
        const Matrix *w, float *panel, int64_t first, int64_t rows, int64_t k, int64_t count, float *decoded) {
    if (w->layout == TRANSPOSED) {
        for (int64_t c = 0; c < count; c++) {
            float *line = panel + c * PANEL_ROWS;
            decode_plain(w->type, w->data, (k + c) * w->stride + w->first_row + first, rows, line);
            memset(line + rows, 0, (size_t) (PANEL_ROWS - rows) * sizeof(float));
        }
        return;
    }
    const int64_t stride = FLOAT_COLUMNS + LANES;
    for (int half = 0; half < 2; half++) {
        for (int i = 0; i < LANES; i++) {
            int64_t row = half * LANES + i;
            if (row < rows) {
                decode_columns(w, first + row, k, count, decoded + i * stride);
            } else {
                memset(decoded + i * stride, 0, (size_t) count * sizeof(float));
            }
        }
        for (int64_t c = 0; c < count; c += LANES) {
            uint32_t *target = (uint32_t *) (panel + c * PANEL_ROWS + half * LANES);
            transpose_words(target, PANEL_ROWS, (const uint32_t *) (decoded + c), stride);
        }
    }
}

/* sums[token][row] += the panel's columns times the inputs, for TILE_TOKENS tokens. */
INLINE void multiply_float_panel(const float *panel, int64_t columns, const float *const *x, float *sums) {
    vf total[TILE_TOKENS][2];
    UNROLL for (int t = 0; t < TILE_TOKENS; t++) {
        total[t][0] = (vf) {0};
        total[t][1] = (vf) {0};
    }
    for (int64_t k = 0; k < columns; k++) {
        vf low = *(const vf *) (panel + k * PANEL_ROWS);
        vf high = *(const vf *) (panel + k * PANEL_ROWS + LANES);
        UNROLL for (int t = 0; t < TILE_TOKENS; t++) {
            total[t][0] += low * x[t][k];
            total[t][1] += high * x[t][k];
        }
    }
    UNROLL for (int t = 0; t < TILE_TOKENS; t++) {
        *(vf *) (sums + t * PANEL_ROWS) += total[t][0];
        *(vf *) (sums + t * PANEL_ROWS + LANES) += total[t][1];
    }
}

/* Scratch: the panel, the rows that it is transposed from, and sums of all tokens. */
INLINE void multiply_many_floats(
        const Matrix *w, float *out, const float *x, int64_t tokens, int64_t from, int64_t to, uint8_t *scratch) {
    float *panel = (float *) scratch;
    float *decoded = panel + (FLOAT_COLUMNS + LANES) * PANEL_ROWS;
    float *sums = decoded + (FLOAT_COLUMNS + LANES) * LANES;
    int64_t columns = w->columns;
    for (int64_t first = from; first < to; first += PANEL_ROWS) {
        int64_t rows = to - first < PANEL_ROWS ? to - first : PANEL_ROWS;
        memset(sums, 0, (size_t) round_up(tokens, TILE_TOKENS) * PANEL_ROWS * sizeof(float));
        for (int64_t k = 0; k < columns; k += FLOAT_COLUMNS) {
            int64_t count = columns - k < FLOAT_COLUMNS ? columns - k : FLOAT_COLUMNS;
            fill_float_panel(w, panel, first, rows, k, count, decoded);
            for (int64_t t = 0; t < tokens; t += TILE_TOKENS) {
                const float *inputs[TILE_TOKENS];
                for (int i = 0; i < TILE_TOKENS; i++) {
                    inputs[i] = x + (t + i < tokens ? t + i : tokens - 1) * columns + k;
                }
                multiply_float_panel(panel, count, inputs, sums + t * PANEL_ROWS);
            }
        }
        for (int64_t t = 0; t < tokens; t++) {
            memcpy(out + t * w->rows + first, sums + t * PANEL_ROWS, (size_t) rows * sizeof(float));
        }
    }
}

#define FEW_FLOATS(type) \
    if (tokens == 1) { \
        multiply_few_floats(type, 1, w, out, x, tokens, from, to, decoded); \
    } else { \
        multiply_few_floats(type, 4, w, out, x, tokens, from, to, decoded); \
    }

TARGET static void multiply_few_rows(
        const Matrix *w, float *out, const float *x, int64_t tokens, int64_t from, int64_t to, float *decoded) {
    if (w->layout == ROW_MAJOR && w->type == F32) {
        FEW_FLOATS(F32)
    } else if (w->layout == ROW_MAJOR && w->type == F16) {
        FEW_FLOATS(F16)
    } else if (w->layout == ROW_MAJOR && w->type == BF16) {
        FEW_FLOATS(BF16)
    } else {
        FEW_FLOATS(-1)
    }
}

/* A matrix of any layout whose elements are not in GGUF groups. */
TARGET static void multiply_floats(
        const Matrix *w, float *out, const float *x, int64_t tokens, int64_t from, int64_t to, uint8_t *scratch) {
    for (int64_t t = 0; t < tokens; t += MAX_TILE_TOKENS) {
        int64_t count = tokens - t < MAX_TILE_TOKENS ? tokens - t : MAX_TILE_TOKENS;
        float *target = out + t * w->rows;
        const float *inputs = x + t * w->columns;
        if (count > 4) {
            multiply_many_floats(w, target, inputs, count, from, to, scratch);
        } else if (w->layout != TRANSPOSED) {
            multiply_few_rows(w, target, inputs, count, from, to, (float *) scratch);
        } else if (w->type == F32) {
            multiply_few_transposed(F32, w, target, inputs, count, from, to);
        } else if (w->type == F16) {
            multiply_few_transposed(F16, w, target, inputs, count, from, to);
        } else if (w->type == BF16) {
            multiply_few_transposed(BF16, w, target, inputs, count, from, to);
        } else {
            multiply_many_floats(w, target, inputs, count, from, to, scratch);
        }
    }
}
