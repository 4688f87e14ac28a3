package uk.ac.manchester.tornado.api.utils;

/** Arithmetic of small integers that some devices have an instruction for. */
public final class QuantizationUtils {
    private QuantizationUtils() {}

    /** {@code c} plus the products of the four signed bytes of {@code a} with those of {@code b}; CUDA only. */
    public static int dp4a_packed(int a, int b, int c) {
        int sum = c;
        for (int shift = 0; shift < Integer.SIZE; shift += Byte.SIZE) {
            sum += (byte) (a >> shift) * (byte) (b >> shift);
        }
        return sum;
    }
}
