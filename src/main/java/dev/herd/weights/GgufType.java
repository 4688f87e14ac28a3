package dev.herd.weights;

/** The types of GGUF metadata values; the ordinal is the number in the file. */
enum GgufType {
    UINT8(1),
    INT8(1),
    UINT16(2),
    INT16(2),
    UINT32(4),
    INT32(4),
    FLOAT32(4),
    BOOL(1),
    STRING(0),
    ARRAY(0),
    UINT64(8),
    INT64(8),
    FLOAT64(8);

    private static final GgufType[] BY_ID = values();

    private final int byteSize;

    GgufType(int byteSize) {
        this.byteSize = byteSize;
    }

    /** Bytes of a value; 0 if that varies. */
    int byteSize() {
        return byteSize;
    }

    /** The number that stands for this type in a file. */
    int id() {
        return ordinal();
    }

    /** Reads a type's number. */
    static GgufType read(GgufCursor cursor, String what) {
        int id = cursor.u32("the type of " + what);
        if (id < 0 || id >= BY_ID.length) {
            throw cursor.error("gives " + what + " the unknown type " + Integer.toUnsignedString(id));
        }
        return BY_ID[id];
    }
}
