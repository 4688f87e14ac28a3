/*
 * Products by one instruction set beside those of portable C, for machines that no JDK runs on here:
 *   CC=aarch64-linux-gnu-gcc TARGET=linux-aarch64 sh build.sh LIBRARIES OBJECTS
 *   aarch64-linux-gnu-gcc -O1 src/test/c/compare.c -o compare -ldl -lm
 *   qemu-aarch64-static -cpu max -L /usr/aarch64-linux-gnu ./compare LIBRARIES/libherd-kernels-linux-aarch64.so 3
 * The number is that of the instruction set in herd.h.
 */
#include "../../main/c/herd.h"
#include <dlfcn.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A format in groups: its number, columns and bytes of a group, and where halves lie in it (-1: nowhere). */
typedef struct {
    int type;
    int columns;
    int bytes;
    int halves[2];
} Format;

static const Format formats[] = {
    {Q4_0, 32, 18, {0, -1}}, {Q4_1, 32, 20, {0, 2}}, {Q5_0, 32, 22, {0, -1}}, {Q5_1, 32, 24, {0, 2}},
    {Q8_0, 32, 34, {0, -1}}, {Q2_K, 256, 84, {80, 82}}, {Q3_K, 256, 110, {108, -1}}, {Q4_K, 256, 144, {0, 2}},
    {Q5_K, 256, 176, {0, 2}}, {Q6_K, 256, 210, {208, -1}}, {IQ4_NL, 32, 18, {0, -1}}, {IQ4_XS, 256, 136, {0, -1}},
    {MXFP4, 32, 17, {-1, -1}}
};

enum { MAX_ROWS = 10, MAX_TOKENS = 11, MAX_COLUMNS = 5120, SCRATCH = 64 << 20 };

static uint8_t weights[MAX_ROWS * MAX_COLUMNS * 2];
static float inputs[MAX_TOKENS * MAX_COLUMNS];
static float expected[MAX_TOKENS * MAX_ROWS];
static float found[MAX_TOKENS * MAX_ROWS];

/*
 * Random bytes, but scales of a size that occurs. Inputs are whole multiples of what 32 of them are rounded to, so that
 * compilers that fuse multiplications and additions, and those that do not, round alike.
 */
static void fill(const Format *f, size_t groups) {
    for (size_t i = 0; i < groups * (size_t) f->bytes; i++) {
        weights[i] = (uint8_t) (rand() >> 7);
    }
    for (size_t g = 0; g < groups; g++) {
        uint8_t *group = weights + g * (size_t) f->bytes;
        for (int i = 0; i < 2 && f->halves[i] >= 0; i++) {
            group[f->halves[i] + 1] = (uint8_t) (0x28 | (rand() >> 9 & 0x83));
        }
        if (f->type == MXFP4) {
            group[0] = (uint8_t) (110 + rand() % 16);
        }
    }
    for (int i = 0; i < MAX_TOKENS * MAX_COLUMNS; i++) {
        inputs[i] = ldexpf(i % 32 == 0 ? 127 : (float) (rand() % 255 - 127), -(i / 32 % 5));
    }
}

/* Whether both agree but for the order of their sums. */
static int agree(const Kernels *a, const Kernels *b, const Format *f, int columns, int rows, int tokens, uint8_t *scratch) {
    Matrix m = {ROW_MAJOR, f->type, weights, rows, columns, 0, 0, 0, 0, 0, 0, 0};
    double largest = 0;
    double error = 0;
    fill(f, (size_t) (rows * columns / f->columns));
    a->matmul(&m, expected, inputs, tokens, 0, rows, scratch);
    b->matmul(&m, found, inputs, tokens, 0, rows, scratch);
    for (int i = 0; i < rows * tokens; i++) {
        largest = fmax(largest, fabs(expected[i]));
        double difference = fabs(expected[i] - found[i]);
        error = isnan(difference) ? INFINITY : fmax(error, difference);
    }
    if (error <= 2e-5 * largest) {
        return 1;
    }
    printf("type %d, %d columns, %d rows, %d tokens: off by %g of %g\n", f->type, columns, rows, tokens, error, largest);
    return 0;
}

int main(int count, char **arguments) {
    void *library = count == 3 ? dlopen(arguments[1], RTLD_NOW) : NULL;
    const Kernels *(*kernels)(int64_t) = library != NULL ? (const Kernels *(*) (int64_t)) dlsym(library, "herd_kernels") : NULL;
    const Kernels *tested = kernels != NULL ? kernels(atoi(arguments[2])) : NULL;
    uint8_t *scratch = aligned_alloc(64, SCRATCH);
    int cases = 0;
    int failures = 0;
    if (tested == NULL) {
        fprintf(stderr, "usage: compare LIBRARY INSTRUCTION_SET, which this CPU must have\n");
        return 2;
    }
    for (size_t f = 0; f < sizeof(formats) / sizeof(*formats); f++) {
        const int widths[] = {formats[f].columns == 32 ? 96 : 768, 256, 1024, MAX_COLUMNS};
        for (int w = 0; w < 4; w++) {
            for (int rows = 1; rows <= MAX_ROWS; rows += 3) {
                for (int tokens = 1; tokens <= MAX_TOKENS; tokens++) {
                    cases++;
                    failures += !agree(kernels(PORTABLE), tested, formats + f, widths[w], rows, tokens, scratch);
                }
            }
        }
    }
    printf("%s: %d of %d products differ from portable C\n", tested->name, failures, cases);
    return failures > 0;
}
