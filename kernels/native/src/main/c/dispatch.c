/* What the library exports: the kernels that this CPU can run, and how much scratch they need. */
#include "herd.h"
#if defined(__aarch64__) && defined(__linux__)
#include <sys/auxv.h>
#endif

#define EXPORT __attribute__((visibility("default")))

#if defined(__x86_64__)
/* Whether CPUID reports a bit; for features that some compilers cannot name. */
static int cpuid_bit(uint32_t leaf, uint32_t sub_leaf, int in_ecx, int bit) {
    uint32_t a = leaf;
    uint32_t b;
    uint32_t c = sub_leaf;
    uint32_t d;
    __asm__ volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
    return (int) ((in_ecx ? c : a) >> bit & 1);
}

/* The compiler's test of AVX2 includes that the operating system saves its registers. */
static int has_avx2(void) {
    int has_f16c = cpuid_bit(1, 0, 1, 29);
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && has_f16c;
}

static int has_avx512(void) {
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl")
            && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vnni");
}

static int has_avx_vnni(void) {
    return cpuid_bit(7, 1, 0, 4);
}
#endif

EXPORT const Kernels *herd_kernels(int64_t isa) {
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
    int64_t inputs = tile * (padded + 64) + 3 * 4 * tile * (padded / 16) + 256;
    int64_t quantized = MAX_PANEL_ROWS / 2 * (SUPER + 128) + MAX_PANEL_ROWS * (PANEL_COLUMNS + 2 * 4 * (PANEL_COLUMNS / 16 + 16));
    int64_t floats = (MAX_PANEL_ROWS + MAX_PANEL_ROWS / 2) * (PANEL_COLUMNS) * 4;
    int64_t sums = 4 * MAX_PANEL_ROWS * (MAX_TILE_TOKENS + PAD_TOKENS);
    return inputs + (quantized > floats ? quantized : floats) + sums;
}

EXPORT int64_t herd_attend_scratch(int64_t head_size) {
    int64_t padded = round_up(head_size, MAX_PANEL_ROWS / 2);
    return 4 * ((2 * ATTEND_HEADS + ATTEND_RUN) * padded + ATTEND_HEADS * ATTEND_RUN);
}

EXPORT int64_t herd_attend_all_scratch(int64_t tokens, int64_t head_size) {
    int64_t keys = round_up(tokens * head_size, 16);
    int64_t queries = round_up(ATTEND_QUERIES * head_size, 16);
    int64_t scores = round_up(ATTEND_QUERIES * tokens, 16);
    int64_t longest = tokens > head_size ? tokens : head_size;
    return 4 * (keys + queries + scores) + herd_matmul_scratch(ATTEND_QUERIES, longest);
}
