/* The kernels for aarch64 with the dot product extension. */
#if defined(__aarch64__)
#include "herd.h"
#include <math.h>
#include <string.h>

#define TARGET __attribute__((target("arch=armv8.2-a+dotprod")))
#define INLINE static inline __attribute__((always_inline)) TARGET
#define ISA_TABLE herd_neon_dotprod
#define ISA_NAME "neon-dotprod"
#define NEON_DOT
#include "simd_generic.h"

#include "formats.h"

#include "matmul_int8.h"

#include "matmul_f32.h"

#include "elementwise.h"

#include "attention.h"

#include "vision.h"

#include "table.h"
#endif
