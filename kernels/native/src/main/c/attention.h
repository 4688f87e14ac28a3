/*
 * Attention of one token. Query heads that share a key/value head are computed in one pass over the cache. The softmax is
 * computed online: positions are taken a run at a time, and when a run brings a larger score, what has been summed so far
 * is scaled down to it.
 */

/* The state of one pass; rows are padded with zeros to whole vectors. */
typedef struct {
    int64_t padded;     /* floats per row */
    float *query;       /* [heads, padded], scaled by 1 / sqrt(head_size) */
    float *sums;        /* [heads, padded] */
    float *decoded;     /* [ATTEND_RUN, padded]: keys or values as floats */
    float *scores;      /* [heads, ATTEND_RUN] */
    float largest[ATTEND_HEADS];
    float weight[ATTEND_HEADS]; /* sum of the weights so far */
} Pass;

/* Keys or values of count positions as rows of padded floats; not copied if they are that already. */
INLINE const float *decode_positions(const Pass *pass, const KvCache *cache, const uint8_t *p, int64_t count) {
    int64_t size = cache->head_size;
    if (cache->type == F32 && size == pass->padded) {
        return (const float *) p;
    }
    for (int64_t i = 0; i < count; i++) {
        decode_plain(cache->type, p, i * size, size, pass->decoded + i * pass->padded);
    }
    return pass->decoded;
}

/* scores[h][i] = query[h] · keys[i]. */
INLINE void score(const Pass *pass, const float *keys, int64_t heads, int64_t count) {
    for (int64_t i = 0; i < count; i++) {
        const float *key = keys + i * pass->padded;
        for (int64_t h = 0; h < heads; h++) {
            const float *query = pass->query + h * pass->padded;
            vf sum = {0};
            for (int64_t d = 0; d < pass->padded; d += LANES) {
                sum += *(const vf *) (query + d) * *(const vf_loose *) (key + d);
            }
            pass->scores[h * ATTEND_RUN + i] = sum_lanes(sum);
        }
    }
}

/* Turns the scores of one head into weights and scales its sums so far to the new largest score. */
INLINE void weigh(Pass *pass, int64_t head, int64_t count) {
    float *scores = pass->scores + head * ATTEND_RUN;
    float largest = pass->largest[head];
    for (int64_t i = 0; i < count; i++) {
        largest = scores[i] > largest ? scores[i] : largest;
    }
    for (int64_t i = 0; i < ATTEND_RUN; i += LANES) {
        *(vf *) (scores + i) = exponential(*(vf *) (scores + i) - largest);
    }
    float weight = 0;
    for (int64_t i = 0; i < count; i++) {
        weight += scores[i];
    }
    if (largest > pass->largest[head]) {
        float shrink = exponential((vf) {0} + (pass->largest[head] - largest))[0];
        float *sums = pass->sums + head * pass->padded;
        for (int64_t d = 0; d < pass->padded; d++) {
            sums[d] *= shrink;
        }
        pass->weight[head] *= shrink;
        pass->largest[head] = largest;
    }
    pass->weight[head] += weight;
}

/* sums[h] += Σ weights[h][i] · values[i], width vectors from column d on. */
INLINE void blend_columns(const Pass *pass, const float *values, int64_t heads, int64_t count, int64_t d, const int width) {
    for (int64_t h = 0; h < heads; h++) {
        float *sums = pass->sums + h * pass->padded + d;
        const float *weights = pass->scores + h * ATTEND_RUN;
        vf total[8];
        UNROLL for (int k = 0; k < width; k++) {
            total[k] = *(vf *) (sums + k * LANES);
        }
        for (int64_t i = 0; i < count; i++) {
            const float *value = values + i * pass->padded + d;
            UNROLL for (int k = 0; k < width; k++) {
                total[k] += weights[i] * *(const vf_loose *) (value + k * LANES);
            }
        }
        UNROLL for (int k = 0; k < width; k++) {
            *(vf *) (sums + k * LANES) = total[k];
        }
    }
}

INLINE void blend(const Pass *pass, const float *values, int64_t heads, int64_t count) {
    int64_t d = 0;
    for (; d + 8 * LANES <= pass->padded; d += 8 * LANES) {
        blend_columns(pass, values, heads, count, d, 8);
    }
    for (; d < pass->padded; d += LANES) {
        blend_columns(pass, values, heads, count, d, 1);
    }
}

/* Query heads [from, to), at most ATTEND_HEADS, which all read one key/value head. */
TARGET static void attend_heads(
        const KvCache *cache, float *out, const float *query, int64_t kv_head, int64_t first, int64_t last, int64_t from, int64_t to, uint8_t *scratch) {
    int64_t size = cache->head_size;
    int64_t heads = to - from;
    Pass pass;
    pass.padded = round_up(size, LANES);
    pass.query = (float *) scratch;
    pass.sums = pass.query + ATTEND_HEADS * pass.padded;
    pass.scores = pass.sums + ATTEND_HEADS * pass.padded;
    pass.decoded = pass.scores + ATTEND_HEADS * ATTEND_RUN;
    memset(scratch, 0, (size_t) ((uint8_t *) (pass.decoded + ATTEND_RUN * pass.padded) - scratch));
    float scale = (float) (1 / sqrt((double) size));
    for (int64_t h = 0; h < heads; h++) {
        pass.largest[h] = -INFINITY;
        pass.weight[h] = 0;
        for (int64_t d = 0; d < size; d++) {
            pass.query[h * pass.padded + d] = query[(from + h) * size + d] * scale;
        }
    }
    int64_t count;
    for (int64_t start = first; start <= last; start += count) {
        int64_t in_block = start % cache->block_size;
        count = cache->block_size - in_block;
        count = count < ATTEND_RUN ? count : ATTEND_RUN;
        count = count < last - start + 1 ? count : last - start + 1;
        const uint8_t *keys = cache->blocks[start / cache->block_size - cache->first_block]
                + (kv_head * cache->block_size + in_block) * size * float_bytes(cache->type);
        score(&pass, decode_positions(&pass, cache, keys, count), heads, count);
        for (int64_t h = 0; h < heads; h++) {
            weigh(&pass, h, count);
        }
        blend(&pass, decode_positions(&pass, cache, keys + cache->values_offset, count), heads, count);
    }
    for (int64_t h = 0; h < heads; h++) {
        float factor = 1 / pass.weight[h];
        for (int64_t d = 0; d < size; d++) {
            out[(from + h) * size + d] = pass.sums[h * pass.padded + d] * factor;
        }
    }
}

TARGET static void attend(
        const KvCache *cache, float *out, const float *query, int64_t heads, int64_t first, int64_t last, int64_t from, int64_t to, uint8_t *scratch) {
    int64_t group = heads / cache->kv_heads;
    while (from < to) {
        int64_t kv_head = from / group;
        int64_t end = (kv_head + 1) * group;
        end = end < to ? end : to;
        end = end < from + ATTEND_HEADS ? end : from + ATTEND_HEADS;
        attend_heads(cache, out, query, kv_head, first, last, from, end, scratch);
        from = end;
    }
}
