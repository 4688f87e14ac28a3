/* The kernels for avx2. */
#if defined(__x86_64__)
#include "herd.h"
#include <math.h>
#include <string.h>

#define TARGET __attribute__((target("avx2,fma,f16c")))
#define INLINE static inline __attribute__((always_inline)) TARGET
#define ISA_TABLE herd_avx2
#define ISA_NAME "avx2"

#include "simd_avx2.h"

#include "formats.h"

#include "matmul_int8.h"

#include "matmul_f32.h"

#include "elementwise.h"

#include "attention.h"

#include "vision.h"

#include "table.h"
#endif
