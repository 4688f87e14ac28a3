package dev.herd.kernels;

/**
 * Shape of one layer's part of a key/value block: keys {@code [kvHeadCount, blockSize, headSize]}, then values of the
 * same shape.
 *
 * @param blockSize tokens per block
 * @param type F32 or F16
 */
public record KvShape(int kvHeadCount, int headSize, int blockSize, TensorType type) {
    public KvShape {
        if (type != TensorType.F32 && type != TensorType.F16) {
            throw new IllegalArgumentException("keys and values are kept as F32 or F16, not " + type);
        }
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
