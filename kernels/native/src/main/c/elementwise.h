/* The operations that touch each activation once: norms, rotation, scaling, the gate, and encoding for the cache. */

/*
 * e^x to a few units in the last place: x = n ln 2 + r with |r| <= ln 2 / 2, a series for e^r, and n into the exponent.
 * What would be smaller than a normal float is clamped; what would be larger is infinite, since 2^n is multiplied in two
 * parts, each of which is finite.
 */
INLINE vf exponential(vf x) {
    x = vmin(vmax(x, (vf) {0} - 87.3f), (vf) {0} + 104.0f);
    vf shifted = x * 1.44269504f + 12582912.0f; /* 1.5 * 2^23: the last bits are now the nearest integer */
    vf n = shifted - 12582912.0f;
    vf r = x - n * 0.693145751953125f - n * 1.42860682e-6f; /* ln 2 in two parts, the first exact in products */
    vf e = r * (1 / 5040.0f) + 1 / 720.0f;
    e = e * r + 1 / 120.0f;
    e = e * r + 1 / 24.0f;
    e = e * r + 1 / 6.0f;
    e = e * r + 0.5f;
    e = e * r + 1;
    e = e * r + 1;
    vi power = (vi) shifted - 0x4b400000;
    vi part = power >> 1;
    return e * (vf) ((part + 127) << 23) * (vf) ((power - part + 127) << 23);
}

/* 1 / sqrt(mean of squares + epsilon), summed in double. */
INLINE float inverse_rms(const float *x, int64_t size, float epsilon) {
    double parts[8] = {0};
    int64_t i = 0;
    for (; i + 8 <= size; i += 8) {
        for (int k = 0; k < 8; k++) {
            parts[k] += (double) x[i + k] * x[i + k];
        }
    }
    double sum = 0;
    for (; i < size; i++) {
        sum += (double) x[i] * x[i];
    }
    for (int k = 0; k < 8; k++) {
        sum += parts[k];
    }
    return (float) (1 / sqrt(sum / (double) size + epsilon));
}

TARGET static void rms_norm(
        float *out, const float *x, const float *weight, float epsilon, int64_t size, int64_t from, int64_t to) {
    for (int64_t t = from; t < to; t++) {
        const float *row = x + t * size;
        float *target = out + t * size;
        float scale = inverse_rms(row, size, epsilon);
        if (weight == NULL) {
            for (int64_t i = 0; i < size; i++) {
                target[i] = row[i] * scale;
            }
        } else {
            for (int64_t i = 0; i < size; i++) {
                target[i] = row[i] * scale * weight[i];
            }
        }
    }
}

TARGET static void rope(float *x, const float *rotations, int64_t heads, int64_t head_size, int64_t from, int64_t to) {
    for (int64_t t = from; t < to; t++) {
        const float *restrict angles = rotations + t * head_size;
        for (int64_t h = 0; h < heads; h++) {
            float *restrict head = x + (t * heads + h) * head_size;
            for (int64_t i = 0; i < head_size; i += 2) {
                float a = head[i];
                float b = head[i + 1];
                head[i] = a * angles[i] - b * angles[i + 1];
                head[i + 1] = a * angles[i + 1] + b * angles[i];
            }
        }
    }
}

TARGET static void scale_rows(float *x, const float *factors, int64_t size, int64_t from, int64_t to) {
    for (int64_t t = from; t < to; t++) {
        float factor = factors[t];
        for (int64_t i = t * size; i < (t + 1) * size; i++) {
            x[i] *= factor;
        }
    }
}

TARGET static void swiglu(float *gate, const float *up, int64_t from, int64_t to) {
    int64_t i = from;
    for (; i + LANES <= to; i += LANES) {
        vf z = *(const vf_loose *) (gate + i);
        *(vf_loose *) (gate + i) = z / (exponential(-z) + 1) * *(const vf_loose *) (up + i);
    }
    if (i < to) {
        vf z = {0};
        memcpy(&z, gate + i, (size_t) (to - i) * sizeof(float));
        z = z / (exponential(-z) + 1);
        for (int k = 0; i < to; i++, k++) {
            gate[i] = z[k] * up[i];
        }
    }
}

TARGET static void add(float *out, const float *x, int64_t from, int64_t to) {
    for (int64_t i = from; i < to; i++) {
        out[i] += x[i];
    }
}

/*
 * 32 floats as Q8_0: a half as scale, then signed bytes. What is divided by is the scale as the half holds it, and the
 * clamp is for scales so small that the half is denormal; NaN in x makes the scale NaN.
 */
INLINE void encode_32(uint8_t *target, const float *x) {
    vi largest_bits = {0};
    UNROLL for (int i = 0; i < 32; i += LANES) {
        largest_bits = vmax_int(largest_bits, (vi) *(const vf_loose *) (x + i) & 0x7fffffff);
    }
    int32_t bits = largest_lane(largest_bits);
    float scale;
    memcpy(&scale, &bits, 4);
    scale = scale / 127 > 65504.0f ? 65504.0f : scale / 127;
    uint8_t halves[2 * LANES];
    store_halves(halves, (vf) {0} + scale);
    memcpy(target, halves, 2);
    scale = half_at(target);
    float inverse = scale == 0 ? 0 : 1 / scale;
    UNROLL for (int i = 0; i < 32; i += LANES) {
        vf steps = vmin(vmax(*(const vf_loose *) (x + i) * inverse, (vf) {0} - 127.0f), (vf) {0} + 127.0f);
        store_bytes((int8_t *) target + 2 + i, round_to_int(steps));
    }
}

INLINE void encode_halves(uint8_t *target, const float *x, int64_t size) {
    int64_t i = 0;
    for (; i + LANES <= size; i += LANES) {
        store_halves(target + 2 * i, *(const vf_loose *) (x + i));
    }
    if (i < size) {
        vf rest = {0};
        uint8_t halves[2 * LANES];
        memcpy(&rest, x + i, (size_t) (size - i) * sizeof(float));
        store_halves(halves, rest);
        memcpy(target + 2 * i, halves, (size_t) (size - i) * 2);
    }
}

TARGET static void encode(uint8_t *target, const float *x, int64_t type, int64_t size, int64_t rows, int64_t stride) {
    for (int64_t r = 0; r < rows; r++, x += size, target += stride) {
        if (type == F32) {
            memcpy(target, x, (size_t) size * sizeof(float));
        } else if (type == F16) {
            encode_halves(target, x, size);
        } else {
            for (int64_t i = 0; i < size; i += 32) {
                encode_32(target + i / 32 * 34, x + i);
            }
        }
    }
}
