package dev.herd.weights;

/** The types of GGUF metadata values; each with the number that stands for it in a file. */
enum GgufType {
    UINT8(0, 1),
    INT8(1, 1),
    UINT16(2, 2),
    INT16(3, 2),
    UINT32(4, 4),
    INT32(5, 4),
    FLOAT32(6, 4),
    BOOL(7, 1),
    STRING(8, 0),
    ARRAY(9, 0),
    UINT64(10, 8),
    INT64(11, 8),
    FLOAT64(12, 8);

    private static final GgufType[] ALL = values();

    private final int id;
    private final int byteSize;

    GgufType(int id, int byteSize) {
        this.id = id;
        this.byteSize = byteSize;
    }

    /** Bytes of a value; 0 if that varies. */
    int byteSize() {
        return byteSize;
    }

    /** The number that stands for this type in a file. */
    int id() {
        return id;
    }

    /** Reads a type's number. */
    static GgufType read(GgufCursor cursor, String what) {
        int id = cursor.u32("the type of " + what);
        for (GgufType type : ALL) {
            if (type.id == id) {
                return type;
            }
        }
        throw cursor.error("gives " + what + " the unknown type " + Integer.toUnsignedString(id));
    }
}
