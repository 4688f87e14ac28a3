package uk.ac.manchester.tornado.api.types;

/** A number of 16 bits, of which 11 are significant. */
public class HalfFloat {
    private final short bits;

    /** The half nearest to a float, of two the even one. */
    public HalfFloat(float value) {
        this(Float.floatToFloat16(value));
    }

    /** The half of these bits. */
    public HalfFloat(short bits) {
        this.bits = bits;
    }

    /** Its bits. */
    public short getHalfFloatValue() {
        return bits;
    }

    /** Its value. */
    public float getFloat32() {
        return Float.float16ToFloat(bits);
    }
}
