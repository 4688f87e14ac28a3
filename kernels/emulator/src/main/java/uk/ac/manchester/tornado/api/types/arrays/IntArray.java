package uk.ac.manchester.tornado.api.types.arrays;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** An array of ints outside the heap. */
public final class IntArray extends TornadoNativeArray {
    private static final ValueLayout.OfInt ELEMENT = ValueLayout.JAVA_INT_UNALIGNED;
    private static final int ELEMENT_SIZE = 4;

    /** {@code size} zeros. */
    public IntArray(int size) {
        super(allocate(size, ELEMENT_SIZE), ELEMENT_SIZE);
    }

    private IntArray(MemorySegment withHeader) {
        super(withHeader, ELEMENT_SIZE);
    }

    /** A copy of {@code values}. */
    public static IntArray fromArray(int[] values) {
        IntArray array = new IntArray(values.length);
        MemorySegment.copy(values, 0, array.getSegment(), ELEMENT, 0, values.length);
        return array;
    }

    /** A copy of {@code values}. */
    public static IntArray fromElements(int... values) {
        return fromArray(values);
    }

    /** A copy of the elements in {@code segment}, which has no header. */
    public static IntArray fromSegment(MemorySegment segment) {
        IntArray array = new IntArray(Math.toIntExact(segment.byteSize() / ELEMENT_SIZE));
        array.getSegment().copyFrom(segment);
        return array;
    }

    /** The memory itself, of which the first 16 bytes become the header. */
    public static IntArray fromSegmentShallow(MemorySegment segment) {
        return new IntArray(segment);
    }

    /** A copy on the heap. */
    public int[] toHeapArray() {
        return getSegment().toArray(ELEMENT);
    }

    /** The element at {@code index}. */
    public int get(int index) {
        return reading(index).get(ELEMENT, ARRAY_HEADER + (long) index * ELEMENT_SIZE);
    }

    /** Sets the element at {@code index}. */
    public void set(int index, int value) {
        writing(index).set(ELEMENT, ARRAY_HEADER + (long) index * ELEMENT_SIZE, value);
    }

    /** Sets all elements. */
    public void init(int value) {
        for (int i = 0; i < getSize(); i++) {
            set(i, value);
        }
    }

    @Override
    public int getElementSize() {
        return ELEMENT_SIZE;
    }
}
