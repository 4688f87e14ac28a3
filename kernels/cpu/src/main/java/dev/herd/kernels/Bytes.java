package dev.herd.kernels;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** Little-endian numbers inside byte arrays, at any alignment. */
final class Bytes {
    private static final VarHandle SHORT = MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle DOUBLE =
            MethodHandles.byteArrayViewVarHandle(double[].class, ByteOrder.LITTLE_ENDIAN);

    private Bytes() {}

    static short getShort(byte[] bytes, int at) {
        return (short) SHORT.get(bytes, at);
    }

    static void putShort(byte[] bytes, int at, int value) {
        SHORT.set(bytes, at, (short) value);
    }

    static int getInt(byte[] bytes, int at) {
        return (int) INT.get(bytes, at);
    }

    static void putInt(byte[] bytes, int at, int value) {
        INT.set(bytes, at, value);
    }

    static double getDouble(byte[] bytes, int at) {
        return (double) DOUBLE.get(bytes, at);
    }

    /** An IEEE half as a float. */
    static float getHalf(byte[] bytes, int at) {
        return Float.float16ToFloat(getShort(bytes, at));
    }

    /**
     * Stores {@code value} as an IEEE half, the largest finite one if it is too large.
     *
     * @return the value that was stored
     */
    static float putHalf(byte[] bytes, int at, float value) {
        short half = Float.floatToFloat16(Math.clamp(value, -65504f, 65504f));
        putShort(bytes, at, half);
        return Float.float16ToFloat(half);
    }
}
