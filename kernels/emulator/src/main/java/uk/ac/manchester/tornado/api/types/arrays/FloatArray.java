package uk.ac.manchester.tornado.api.types.arrays;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** An array of floats outside the heap. */
public final class FloatArray extends TornadoNativeArray {
    private static final ValueLayout.OfFloat ELEMENT = ValueLayout.JAVA_FLOAT_UNALIGNED;
    private static final int ELEMENT_SIZE = 4;

    /** {@code size} zeros. */
    public FloatArray(int size) {
        super(allocate(size, ELEMENT_SIZE), ELEMENT_SIZE);
    }

    private FloatArray(MemorySegment withHeader) {
        super(withHeader, ELEMENT_SIZE);
    }

    /** A copy of {@code values}. */
    public static FloatArray fromArray(float[] values) {
        FloatArray array = new FloatArray(values.length);
        MemorySegment.copy(values, 0, array.getSegment(), ELEMENT, 0, values.length);
        return array;
    }

    /** A copy of {@code values}. */
    public static FloatArray fromElements(float... values) {
        return fromArray(values);
    }

    /** A copy of the elements in {@code segment}, which has no header. */
    public static FloatArray fromSegment(MemorySegment segment) {
        FloatArray array = new FloatArray(Math.toIntExact(segment.byteSize() / ELEMENT_SIZE));
        array.getSegment().copyFrom(segment);
        return array;
    }

    /** The memory itself, of which the first 16 bytes become the header. */
    public static FloatArray fromSegmentShallow(MemorySegment segment) {
        return new FloatArray(segment);
    }

    /** A copy on the heap. */
    public float[] toHeapArray() {
        return getSegment().toArray(ELEMENT);
    }

    /** The element at {@code index}. */
    public float get(int index) {
        return reading(index).get(ELEMENT, ARRAY_HEADER + (long) index * ELEMENT_SIZE);
    }

    /** Sets the element at {@code index}. */
    public void set(int index, float value) {
        writing(index).set(ELEMENT, ARRAY_HEADER + (long) index * ELEMENT_SIZE, value);
    }

    /** Sets all elements. */
    public void init(float value) {
        for (int i = 0; i < getSize(); i++) {
            set(i, value);
        }
    }

    @Override
    public int getElementSize() {
        return ELEMENT_SIZE;
    }
}
