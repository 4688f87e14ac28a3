/* The table of one instruction set; ISA_TABLE and ISA_NAME are its variable and its name. */

TARGET static void matmul(
        const Matrix *w, float *out, const float *x, int64_t tokens, int64_t from, int64_t to, uint8_t *scratch) {
    if (w->layout != ROW_MAJOR) {
        multiply_floats(w, out, x, tokens, from, to, scratch);
        return;
    }
    const Format f = format_of(w->type);
    if (f.group != 0) {
        multiply_quantized(&f, w, out, x, tokens, from, to, scratch);
    } else {
        multiply_floats(w, out, x, tokens, from, to, scratch);
    }
}

TARGET static void decode_row(const Matrix *w, float *out, int64_t row) {
    if (w->layout == TRANSPOSED) {
        for (int64_t c = 0; c < w->columns; c++) {
            out[c] = element_at(w->type, w->data, c * w->stride + w->first_row + row);
        }
        return;
    }
    const Format f = format_of(w->layout == ROW_MAJOR ? w->type : F32);
    if (f.group != 0) {
        decode_quantized(&f, w->data + row * row_bytes(f, w->columns), out, w->columns);
    } else {
        decode_columns(w, row, 0, w->columns, out);
    }
}

const Kernels ISA_TABLE = {
    ISA_NAME, matmul, decode_row, rms_norm, rope, scale_rows, swiglu, add, encode, attend,
    layer_norm, add_bias, gelu, attend_all, multiply_add,
};
