/*
 * The operations of the vision tower: layer norm, bias, the exact GELU, and attention of all tokens of a tile over each
 * other, which is two matrix products with a softmax between them.
 */

/* Sums of elements and, if mean is given, of squared distances from it, in double. */
INLINE double sum_row(const float *x, int64_t size, const double *mean) {
    double parts[8] = {0};
    double sum = 0;
    int64_t i = 0;
    if (mean == NULL) {
        for (; i + 8 <= size; i += 8) {
            for (int k = 0; k < 8; k++) {
                parts[k] += (double) x[i + k];
            }
        }
        for (; i < size; i++) {
            sum += (double) x[i];
        }
    } else {
        double centre = *mean;
        for (; i + 8 <= size; i += 8) {
            for (int k = 0; k < 8; k++) {
                double distance = (double) x[i + k] - centre;
                parts[k] += distance * distance;
            }
        }
        for (; i < size; i++) {
            double distance = (double) x[i] - centre;
            sum += distance * distance;
        }
    }
    for (int k = 0; k < 8; k++) {
        sum += parts[k];
    }
    return sum;
}

TARGET static void layer_norm(
        float *out, const float *x, const float *weight, const float *bias, float epsilon, int64_t size, int64_t from, int64_t to) {
    for (int64_t t = from; t < to; t++) {
        const float *row = x + t * size;
        float *target = out + t * size;
        double mean = sum_row(row, size, NULL) / (double) size;
        double scale = 1 / sqrt(sum_row(row, size, &mean) / (double) size + epsilon);
        for (int64_t i = 0; i < size; i++) {
            target[i] = (float) (((double) row[i] - mean) * scale) * weight[i] + bias[i];
        }
    }
}

TARGET static void add_bias(float *x, const float *bias, int64_t size, int64_t from, int64_t to) {
    for (int64_t t = from; t < to; t++) {
        float *row = x + t * size;
        for (int64_t i = 0; i < size; i++) {
            row[i] += bias[i];
        }
    }
}

/*
 * x · Φ(x). With z = |x| / √2, Φ(-|x|) is half of erfc(z) = e^(-z · g(z)), where g is so smooth on [0, 4] that a polynomial
 * of degree 10 (fitted at Chebyshev nodes) gives erfc within 7e-8; beyond 4, erfc is less than half a unit in the last
 * place of 1, and stays at its value there.
 */
INLINE vf gelu_of(vf x) {
    vf z = vmin(vmax(x, -x) * 0.70710678f, (vf) {0} + 4);
    vf g = z * -1.0139773e-7f + 2.5587651e-6f;
    g = g * z - 2.8743582e-5f;
    g = g * z + 1.8809218e-4f;
    g = g * z - 7.7187975e-4f;
    g = g * z + 1.8230307e-3f;
    g = g * z - 2.581504e-4f;
    g = g * z - 1.91213861e-2f;
    g = g * z + 1.02773361e-1f;
    g = g * z + 6.36619567e-1f;
    g = g * z + 1.12837917f;
    vf tail = x * exponential(-z * g) * 0.5f;
    return vmax(x, (vf) {0}) - vmax(tail, -tail);
}

TARGET static void gelu(float *x, int64_t from, int64_t to) {
    int64_t i = from;
    for (; i + LANES <= to; i += LANES) {
        *(vf_loose *) (x + i) = gelu_of(*(const vf_loose *) (x + i));
    }
    if (i < to) {
        vf rest = {0};
        memcpy(&rest, x + i, (size_t) (to - i) * sizeof(float));
        rest = gelu_of(rest);
        memcpy(x + i, &rest, (size_t) (to - i) * sizeof(float));
    }
}

/*
 * Turns scores into weights and returns one over their sum. The lanes beyond the last score count as -infinity, whose
 * exponential is a denormal's neighbour that no sum notices.
 */
INLINE float softmax_row(float *scores, int64_t count) {
    int64_t whole = count / LANES * LANES;
    vf rest = (vf) {0} - INFINITY;
    memcpy(&rest, scores + whole, (size_t) (count - whole) * sizeof(float));
    vf largest = rest;
    for (int64_t i = 0; i < whole; i += LANES) {
        largest = vmax(largest, *(const vf_loose *) (scores + i));
    }
    float top = max_lane(largest);
    rest = exponential(rest - top);
    memcpy(scores + whole, &rest, (size_t) (count - whole) * sizeof(float));
    vf sum = rest;
    for (int64_t i = 0; i < whole; i += LANES) {
        vf weight = exponential(*(const vf_loose *) (scores + i) - top);
        *(vf_loose *) (scores + i) = weight;
        sum += weight;
    }
    return 1 / sum_lanes(sum);
}

/* Copies rows of size floats, which lie stride floats apart, one after the other and times a factor. */
INLINE void gather_head(float *target, const float *x, int64_t rows, int64_t stride, int64_t size, float factor) {
    for (int64_t r = 0; r < rows; r++) {
        for (int64_t i = 0; i < size; i++) {
            target[r * size + i] = x[r * stride + i] * factor;
        }
    }
}

/* Heads [from, to) of [tokens, heads, head_size] queries, keys and values. */
TARGET static void attend_all(
        float *out,
        const float *query,
        const float *key,
        const float *value,
        int64_t tokens,
        int64_t heads,
        int64_t head_size,
        int64_t from,
        int64_t to,
        uint8_t *scratch) {
    int64_t stride = heads * head_size;
    float *keys = (float *) scratch;
    float *queries = keys + round_up(tokens * head_size, 16);
    float *scores = queries + round_up(ATTEND_QUERIES * head_size, 16);
    uint8_t *working = (uint8_t *) (scores + round_up(ATTEND_QUERIES * tokens, 16));
    float scale = (float) (1 / sqrt((double) head_size));
    for (int64_t h = from; h < to; h++) {
        gather_head(keys, key + h * head_size, tokens, stride, head_size, 1);
        const Matrix by_key = {.layout = ROW_MAJOR, .type = F32, .data = (const uint8_t *) keys, .rows = tokens, .columns = head_size};
        const Matrix by_value = {
            .layout = TRANSPOSED, .type = F32, .data = (const uint8_t *) value, .rows = head_size, .columns = tokens, .stride = stride, .first_row = h * head_size};
        for (int64_t first = 0; first < tokens; first += ATTEND_QUERIES) {
            int64_t count = tokens - first < ATTEND_QUERIES ? tokens - first : ATTEND_QUERIES;
            float inverse[ATTEND_QUERIES];
            gather_head(queries, query + first * stride + h * head_size, count, stride, head_size, scale);
            multiply_floats(&by_key, scores, queries, count, 0, tokens, working);
            for (int64_t q = 0; q < count; q++) {
                inverse[q] = softmax_row(scores + q * tokens, tokens);
            }
            multiply_floats(&by_value, queries, scores, count, 0, head_size, working);
            for (int64_t q = 0; q < count; q++) {
                gather_head(out + (first + q) * stride + h * head_size, queries + q * head_size, 1, 0, head_size, inverse[q]);
            }
        }
    }
}

/* The ceiling that matrix products are measured by: as many independent chains as hide the latency. */
TARGET static void multiply_add(float *sink, int64_t rounds) {
    vf chains[16];
    UNROLL_16 for (int i = 0; i < 16; i++) {
        chains[i] = (vf) {0} + (float) i;
    }
    vf factor = (vf) {0} + 0.999f;
    vf addend = (vf) {0} + 1e-6f;
    for (int64_t round = 0; round < rounds; round++) {
        UNROLL_16 for (int i = 0; i < 16; i++) {
            chains[i] = chains[i] * factor + addend;
        }
    }
    UNROLL_16 for (int i = 1; i < 16; i++) {
        chains[0] += chains[i];
    }
    *(vf_loose *) sink = chains[0];
}
