/* What the library exports: the kernels that this CPU can run, and how much scratch they need. */
#include "herd.h"
#if defined(__aarch64__) && defined(__linux__)
#include <sys/auxv.h>
#endif

#define EXPORT __attribute__((visibility("default")))

#if defined(__x86_64__)
static int has_avx2(void) {
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("f16c");
}

static int has_avx512(void) {
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl")
            && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vnni");
}

/* CPUID leaf 7, sub-leaf 1, bit 4 of EAX; compilers know the name of this feature only since recently. */
static int has_avx_vnni(void) {
    uint32_t a = 7;
    uint32_t b;
    uint32_t c = 1;
    uint32_t d;
    __asm__ volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
    return (a >> 4 & 1) != 0;
}
#endif

EXPORT const Kernels *herd_kernels(int32_t isa) {
    switch (isa) {
#if defined(__x86_64__)
        case AVX512_VNNI: return has_avx2() && has_avx512() ? &herd_avx512_vnni : 0;
        case AVX_VNNI: return has_avx2() && has_avx_vnni() ? &herd_avx_vnni : 0;
        case AVX2: return has_avx2() ? &herd_avx2 : 0;
#endif
#if defined(__aarch64__) && defined(__linux__)
        case NEON_DOTPROD: return (getauxval(AT_HWCAP) >> 20 & 1) != 0 ? &herd_neon_dotprod : 0; /* HWCAP_ASIMDDP */
#elif defined(__aarch64__) && defined(__APPLE__)
        case NEON_DOTPROD: return &herd_neon_dotprod; /* every Apple CPU that runs macOS has it */
#endif
        case PORTABLE: return &herd_portable;
        default: return 0;
    }
}

EXPORT int64_t herd_matmul_scratch(int64_t tokens, int64_t columns) {
    int64_t tile = tile_tokens(tokens, columns);
    int64_t padded = round_up(columns, SUPER);
    int64_t inputs = tile * (padded + 64) + 3 * 4 * tile * (padded / 16) + 4 * (padded + 64) + 256;
    int64_t quantized = MAX_PANEL_ROWS / 2 * (SUPER + 128) + MAX_PANEL_ROWS * (PANEL_COLUMNS + 2 * 4 * (PANEL_COLUMNS / 16 + 16));
    int64_t floats = (MAX_PANEL_ROWS + MAX_PANEL_ROWS / 2) * (PANEL_COLUMNS) * 4;
    int64_t sums = 4 * MAX_PANEL_ROWS * (MAX_TILE_TOKENS + PAD_TOKENS);
    return inputs + (quantized > floats ? quantized : floats) + sums;
}

EXPORT int64_t herd_attend_scratch(int64_t head_size) {
    int64_t padded = round_up(head_size, MAX_PANEL_ROWS / 2);
    return 4 * ((2 * ATTEND_HEADS + ATTEND_RUN) * padded + ATTEND_HEADS * ATTEND_RUN);
}
