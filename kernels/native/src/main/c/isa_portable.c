/* The kernels for any CPU, in plain C. */
#include "herd.h"
#include <math.h>
#include <string.h>

#define TARGET
#define INLINE static inline __attribute__((always_inline))
#define ISA_TABLE herd_portable
#define ISA_NAME "portable"
#include "simd_generic.h"

#include "formats.h"

#include "matmul_int8.h"

#include "matmul_f32.h"

#include "elementwise.h"

#include "attention.h"

#include "vision.h"

#include "table.h"
