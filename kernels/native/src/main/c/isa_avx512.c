/* The kernels for avx512-vnni. */
#if defined(__x86_64__)
#include "herd.h"
#include <math.h>
#include <string.h>

#define TARGET __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512vnni,avx2,fma,f16c")))
#define INLINE static inline __attribute__((always_inline)) TARGET
#define ISA_TABLE herd_avx512_vnni
#define ISA_NAME "avx512-vnni"

#include "simd_avx512.h"

#include "formats.h"

#include "matmul_int8.h"

#include "matmul_f32.h"

#include "elementwise.h"

#include "attention.h"

#include "vision.h"

#include "table.h"
#endif
