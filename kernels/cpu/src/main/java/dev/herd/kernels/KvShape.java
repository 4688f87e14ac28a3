package dev.herd.kernels;

/**
 * Shape of one layer's part of a key/value block: keys {@code [kvHeadCount, blockSize, headSize]}, then values of the
 * same shape.
 *
 * @param headSize elements of a head; whole groups of {@code type}, so that every head starts at a group
 * @param blockSize tokens per block
 * @param type F32, F16 or Q8_0
 */
public record KvShape(int kvHeadCount, int headSize, int blockSize, TensorType type) {
    public KvShape {
        if (!holds(type)) {
            throw new IllegalArgumentException("keys and values are kept as F32, F16 or Q8_0, not " + type);
        }
        if (headSize % type.quantGroupSize() != 0) {
            throw new IllegalArgumentException("keys and values cannot be kept as " + type + ", whose groups have "
                    + type.quantGroupSize() + " elements, because this model's heads have " + headSize
                    + ": use F16 or F32");
        }
    }

    /** Whether keys and values can be kept as {@code type}. */
    public static boolean holds(TensorType type) {
        return type == TensorType.F32 || type == TensorType.F16 || type == TensorType.Q8_0;
    }

    /** Bytes of the keys of one layer in one block; the values start there. */
    public long valuesOffset() {
        return type.bytes((long) kvHeadCount * blockSize * headSize);
    }

    /** Bytes of one layer in one block. */
    public long layerBytes() {
        return 2 * valuesOffset();
    }

    /** Number of the first element of (kvHead, position) within the keys, and likewise within the values. */
    public long element(int kvHead, int position) {
        return ((long) kvHead * blockSize + position % blockSize) * headSize;
    }
}
