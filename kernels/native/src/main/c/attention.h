/*
 * Attention of one token. Query heads that share a key/value head are computed in one pass over the cache. The softmax is
 * computed online: positions are taken a run at a time, and when a run brings a larger score, what has been summed so far
 * is scaled down to it.
 */

/* The state of one pass; rows are padded with zeros to whole vectors. */
typedef struct {
    const KvCache *cache;
    int64_t kv_head;
    int64_t padded;     /* floats per row */
    float *query;       /* [heads, padded], scaled by 1 / sqrt(head_size) */
    float *sums;        /* [heads, padded] */
    float *decoded;     /* [ATTEND_RUN, padded]: keys or values of a run as floats */
    float *scores;      /* [heads, ATTEND_RUN] */
    float largest[ATTEND_HEADS];
    float weight[ATTEND_HEADS]; /* sum of the weights so far */
} Pass;

INLINE void decode_rows(const Pass *pass, const int type, const uint8_t *p, int64_t count, float *target) {
    int64_t size = pass->cache->head_size;
    for (int64_t i = 0; i < count; i++) {
        decode_plain_as(type, p, i * size, size, target + i * pass->padded);
    }
}

/* The same for rows of Q8_0: groups of 32 bytes behind a half. */
INLINE void decode_groups(const Pass *pass, const uint8_t *p, int64_t count, float *target) {
    int64_t size = pass->cache->head_size;
    for (int64_t i = 0; i < count; i++, target += pass->padded) {
        for (int64_t d = 0; d < size; d += 32, p += 34) {
            float scale = half_at(p);
            UNROLL for (int k = 0; k < 32; k += LANES) {
                *(vf *) (target + d + k) = to_float(load_bytes((const int8_t *) p + 2 + k)) * scale;
            }
        }
    }
}

/* Bytes of the key, or value, of one head and position. */
INLINE int64_t head_bytes(const KvCache *cache) {
    return cache->type == Q8_0 ? cache->head_size / 32 * 34 : cache->head_size * float_bytes(cache->type);
}

/* Where the key, or value if offset leads to it, of a position lies, and how many of count follow in its block. */
INLINE const uint8_t *locate(const Pass *pass, int64_t position, int64_t offset, int64_t *count) {
    const KvCache *cache = pass->cache;
    int64_t block = position / cache->block_size;
    int64_t in_block = position - block * cache->block_size;
    if (cache->block_size - in_block < *count) {
        *count = cache->block_size - in_block;
    }
    int64_t row = pass->kv_head * cache->block_size + in_block;
    return cache->blocks[block - cache->first_block] + offset + row * head_bytes(cache);
}

/* Decodes the keys, or values, of count positions from start on, block by block, and asks for those of the next run. */
INLINE void decode_positions(const Pass *pass, int64_t start, int64_t count, int64_t last, int64_t offset) {
    const KvCache *cache = pass->cache;
    int64_t row_bytes = head_bytes(cache);
    for (int64_t done = 0; done < count;) {
        int64_t rows = count - done;
        const uint8_t *p = locate(pass, start + done, offset, &rows);
        int64_t next = start + done + ATTEND_RUN;
        if (next <= last) {
            int64_t ahead = rows < last - next + 1 ? rows : last - next + 1;
            const uint8_t *q = locate(pass, next, offset, &ahead);
            prefetch(q, ahead * row_bytes);
        }
        float *target = pass->decoded + done * pass->padded;
        if (cache->type == F16) {
            decode_rows(pass, F16, p, rows, target);
        } else if (cache->type == Q8_0) {
            decode_groups(pass, p, rows, target);
        } else {
            decode_rows(pass, F32, p, rows, target);
        }
        done += rows;
    }
}

/*
 * scores[h][i] = query[h] · key i for one or two heads, which then share the loads of the keys. Rows beyond count hold
 * what earlier runs left; their scores are not used.
 */
INLINE void score_heads(const Pass *pass, int64_t head, int64_t count, const int heads) {
    const int positions = LANES / heads;
    const float *query = pass->query + head * pass->padded;
    float *scores = pass->scores + head * ATTEND_RUN;
    for (int64_t i = 0; i < count; i += positions) {
        const float *keys = pass->decoded + i * pass->padded;
        vf products[LANES];
        UNROLL_16 for (int k = 0; k < LANES; k++) {
            products[k] = (vf) {0};
        }
        for (int64_t d = 0; d < pass->padded; d += LANES) {
            vf first = *(const vf *) (query + d);
            vf second = *(const vf *) (query + (heads - 1) * pass->padded + d);
            UNROLL_16 for (int k = 0; k < positions; k++) {
                vf key = *(const vf *) (keys + k * pass->padded + d);
                products[k] += first * key;
                if (heads == 2) {
                    products[positions + k] += second * key;
                }
            }
        }
        vf sums = sum_each(products);
        memcpy(scores + i, &sums, (size_t) positions * sizeof(float));
        if (heads == 2) {
            memcpy(scores + ATTEND_RUN + i, (const float *) &sums + positions, (size_t) positions * sizeof(float));
        }
    }
}

INLINE void score(const Pass *pass, int64_t heads, int64_t count) {
    int64_t h = 0;
    for (; h + 2 <= heads; h += 2) {
        score_heads(pass, h, count, 2);
    }
    if (h < heads) {
        score_heads(pass, h, count, 1);
    }
}

/*
 * Turns the scores of one head into weights and scales its sums so far to the new largest score. Scores beyond count
 * become the lowest, whose weights are nothing beside the largest one's.
 */
INLINE void weigh(Pass *pass, int64_t head, int64_t count) {
    float *scores = pass->scores + head * ATTEND_RUN;
    for (int64_t i = count; i < ATTEND_RUN; i++) {
        scores[i] = -INFINITY;
    }
    vf largest_lanes = *(vf *) scores;
    for (int64_t i = LANES; i < ATTEND_RUN; i += LANES) {
        largest_lanes = vmax(largest_lanes, *(vf *) (scores + i));
    }
    float largest = max_lane(largest_lanes);
    largest = largest > pass->largest[head] ? largest : pass->largest[head];
    vf weights = {0};
    for (int64_t i = 0; i < ATTEND_RUN; i += LANES) {
        vf weight = exponential(*(vf *) (scores + i) - largest);
        *(vf *) (scores + i) = weight;
        weights += weight;
    }
    if (largest > pass->largest[head]) {
        float shrink = exponential((vf) {0} + (pass->largest[head] - largest))[0];
        float *sums = pass->sums + head * pass->padded;
        for (int64_t d = 0; d < pass->padded; d += LANES) {
            *(vf *) (sums + d) *= shrink;
        }
        pass->weight[head] *= shrink;
        pass->largest[head] = largest;
    }
    pass->weight[head] += sum_lanes(weights);
}

/* sums[h] += Σ weights[h][i] · value i for one or two heads, width vectors from column d on. */
INLINE void blend_columns(const Pass *pass, int64_t head, int64_t count, int64_t d, const int heads, const int width) {
    float *sums = pass->sums + head * pass->padded + d;
    const float *weights = pass->scores + head * ATTEND_RUN;
    vf total[2][8];
    UNROLL for (int k = 0; k < width; k++) {
        total[0][k] = *(vf *) (sums + k * LANES);
        total[1][k] = *(vf *) (sums + (heads - 1) * pass->padded + k * LANES);
    }
    for (int64_t i = 0; i < count; i++) {
        const float *value = pass->decoded + i * pass->padded + d;
        UNROLL for (int k = 0; k < width; k++) {
            vf part = *(const vf *) (value + k * LANES);
            total[0][k] += weights[i] * part;
            if (heads == 2) {
                total[1][k] += weights[ATTEND_RUN + i] * part;
            }
        }
    }
    UNROLL for (int k = 0; k < width; k++) {
        *(vf *) (sums + k * LANES) = total[0][k];
        if (heads == 2) {
            *(vf *) (sums + pass->padded + k * LANES) = total[1][k];
        }
    }
}

INLINE void blend_heads(const Pass *pass, int64_t head, int64_t count, const int heads) {
    const int widest = LANES / 2;
    int64_t d = 0;
    for (; d + widest * LANES <= pass->padded; d += widest * LANES) {
        blend_columns(pass, head, count, d, heads, widest);
    }
    for (; d + 2 * LANES <= pass->padded; d += 2 * LANES) {
        blend_columns(pass, head, count, d, heads, 2);
    }
    for (; d < pass->padded; d += LANES) {
        blend_columns(pass, head, count, d, heads, 1);
    }
}

INLINE void blend(const Pass *pass, int64_t heads, int64_t count) {
    int64_t h = 0;
    for (; h + 2 <= heads; h += 2) {
        blend_heads(pass, h, count, 2);
    }
    if (h < heads) {
        blend_heads(pass, h, count, 1);
    }
}

/* Places the rows of a pass in scratch and fills in the queries. */
INLINE void begin(Pass *pass, const float *query, int64_t heads, uint8_t *scratch) {
    int64_t size = pass->cache->head_size;
    pass->padded = round_up(size, LANES);
    pass->query = (float *) scratch;
    pass->sums = pass->query + ATTEND_HEADS * pass->padded;
    pass->scores = pass->sums + ATTEND_HEADS * pass->padded;
    pass->decoded = pass->scores + ATTEND_HEADS * ATTEND_RUN;
    memset(pass->query, 0, (size_t) (2 * ATTEND_HEADS * pass->padded) * sizeof(float));
    if (size < pass->padded) {
        memset(pass->decoded, 0, (size_t) (ATTEND_RUN * pass->padded) * sizeof(float));
    }
    float scale = (float) (1 / sqrt((double) size));
    for (int64_t h = 0; h < heads; h++) {
        pass->largest[h] = -INFINITY;
        pass->weight[h] = 0;
        for (int64_t d = 0; d < size; d++) {
            pass->query[h * pass->padded + d] = query[h * size + d] * scale;
        }
    }
}

/* Query heads [from, to), at most ATTEND_HEADS, which all read one key/value head. */
TARGET static void attend_heads(
        const KvCache *cache, float *out, const float *query, int64_t kv_head, int64_t first, int64_t last, int64_t from, int64_t to, uint8_t *scratch) {
    int64_t size = cache->head_size;
    int64_t heads = to - from;
    Pass pass;
    pass.cache = cache;
    pass.kv_head = kv_head;
    begin(&pass, query + from * size, heads, scratch);
    for (int64_t start = first; start <= last; start += ATTEND_RUN) {
        int64_t count = last - start + 1 < ATTEND_RUN ? last - start + 1 : ATTEND_RUN;
        decode_positions(&pass, start, count, last, 0);
        score(&pass, heads, count);
        for (int64_t h = 0; h < heads; h++) {
            weigh(&pass, h, count);
        }
        decode_positions(&pass, start, count, last, cache->values_offset);
        blend(&pass, heads, count);
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
