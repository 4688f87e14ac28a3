package dev.herd.kernels.tornado;

import uk.ac.manchester.tornado.api.math.TornadoMath;

/** The exact GELU, for which devices have no function: {@code x · Φ(x)}. */
final class Gelu {
    /*
     * erf(z) = 1 - (a1 t + ... + a5 t^5) e^(-z²) with t = 1 / (1 + p z) for z >= 0, formula 7.1.26 of Abramowitz and
     * Stegun, wrong by at most 1.5e-7. Φ(x) is half of the tail for negative x and one less it for others, so that small
     * results keep their digits.
     */
    private static final float P = 0.3275911f;
    private static final float A1 = 0.2548296f;
    private static final float A2 = -0.28449672f;
    private static final float A3 = 1.4214138f;
    private static final float A4 = -1.4531521f;
    private static final float A5 = 1.0614054f;
    private static final float ROOT_OF_HALF = 0.70710677f;

    private Gelu() {}

    static float of(float x) {
        float z = TornadoMath.abs(x) * ROOT_OF_HALF;
        float t = 1 / (1 + P * z);
        float tail = t * (A1 + t * (A2 + t * (A3 + t * (A4 + t * A5)))) * TornadoMath.exp(-z * z) * 0.5f;
        return x < 0 ? x * tail : x * (1 - tail);
    }
}
