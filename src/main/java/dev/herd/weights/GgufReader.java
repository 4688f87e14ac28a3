package dev.herd.weights;

import dev.herd.kernels.TensorType;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Reads the header of a GGUF file of version 2 or 3. Every count, length and offset is compared with the size of the
 * file before anything is allocated for it; tensor data is not touched.
 */
final class GgufReader {
    private static final int MAGIC = 0x46554747;
    private static final int MAGIC_SWAPPED = Integer.reverseBytes(MAGIC);
    private static final int MAX_ENTRIES = 1 << 16;
    private static final int MAX_TENSORS = 1 << 20;
    private static final int MAX_KEY_BYTES = 1 << 16;
    private static final int MAX_NAME_BYTES = 1 << 10;
    private static final int MAX_DIMENSIONS = 4;
    private static final int MIN_ENTRY_BYTES = 13;
    private static final int MIN_TENSOR_BYTES = 32;
    private static final int DEFAULT_ALIGNMENT = 32;
    private static final int MAX_ALIGNMENT = 1 << 20;

    private final String file;
    private final MemorySegment bytes;
    private final GgufCursor cursor;

    private GgufReader(String file, MemorySegment bytes) {
        this.file = file;
        this.bytes = bytes;
        this.cursor = new GgufCursor(file, bytes);
    }

    /**
     * A GGUF file's contents.
     *
     * @param tensors in the order of their descriptions
     */
    record Contents(String file, int version, GgufMetadata metadata, List<StoredTensor> tensors) {}

    /** Reads {@code bytes}, the whole file that messages call {@code file}. */
    static Contents read(String file, MemorySegment bytes) {
        return new GgufReader(file, bytes).contents();
    }

    private Contents contents() {
        int version = version();
        long tensorCount = cursor.count("its number of tensors", MIN_TENSOR_BYTES);
        long entryCount = cursor.count("its number of metadata entries", MIN_ENTRY_BYTES);
        if (tensorCount > MAX_TENSORS || entryCount > MAX_ENTRIES) {
            throw cursor.error("claims " + tensorCount + " tensors and " + entryCount
                    + " metadata entries, more than any model has");
        }
        GgufMetadata metadata = metadata(entryCount);
        int alignment = metadata.whole("general.alignment", 1, MAX_ALIGNMENT).orElse(DEFAULT_ALIGNMENT);
        if (Integer.bitCount(alignment) != 1) {
            throw cursor.error("has general.alignment " + alignment + ", which is no power of two");
        }
        List<Description> descriptions = new ArrayList<>();
        for (long i = 0; i < tensorCount; i++) {
            descriptions.add(description(i));
        }
        long dataStart = (cursor.position() + alignment - 1) / alignment * alignment;
        List<StoredTensor> tensors = descriptions.stream()
                .map(description -> stored(description, dataStart, alignment))
                .toList();
        TensorSet.requireDisjoint(tensors);
        return new Contents(file, version, metadata, tensors);
    }

    private int version() {
        if (bytes.byteSize() < 4) {
            throw cursor.error("is no GGUF file: it has only " + bytes.byteSize() + " bytes");
        }
        int magic = cursor.u32("the magic number");
        if (magic == MAGIC_SWAPPED) {
            throw cursor.error("is a big-endian GGUF file; Herd reads little-endian ones");
        }
        if (magic != MAGIC) {
            throw cursor.error("is no GGUF file: it does not begin with the letters GGUF");
        }
        int version = cursor.u32("the version");
        if (version != 0 && (version & 0xFFFF) == 0) {
            throw cursor.error("is a big-endian GGUF file; Herd reads little-endian ones");
        }
        if (version != 2 && version != 3) {
            throw cursor.error("has GGUF version " + Integer.toUnsignedString(version) + "; Herd reads 2 and 3");
        }
        return version;
    }

    private GgufMetadata metadata(long count) {
        ValueReader values = new ValueReader(cursor);
        Map<String, GgufValue> entries = new LinkedHashMap<>();
        for (long i = 0; i < count; i++) {
            String key = cursor.string("the key of metadata entry " + i, MAX_KEY_BYTES);
            if (key.isEmpty()) {
                throw cursor.error("has an empty key in metadata entry " + i);
            }
            String what = "metadata key '" + key + "'";
            GgufValue value = values.value(GgufType.read(cursor, what), what, 0);
            if (entries.putIfAbsent(key, value) != null) {
                throw cursor.error("has " + what + " twice");
            }
        }
        return new GgufMetadata(file, entries);
    }

    /** A tensor's description, its sizes not yet compared with the data. */
    private record Description(String name, TensorType type, long[] dimensions, long offset) {}

    private Description description(long index) {
        String name = cursor.string("the name of tensor " + index, MAX_NAME_BYTES);
        if (name.isEmpty()) {
            throw cursor.error("has an empty name for tensor " + index);
        }
        String what = "the description of tensor '" + name + "'";
        int rank = cursor.u32(what);
        if (rank < 1 || rank > MAX_DIMENSIONS) {
            throw error(name, "claims " + Integer.toUnsignedString(rank) + " dimensions; GGUF has 1 to 4");
        }
        long[] dimensions = new long[rank];
        for (int i = 0; i < rank; i++) {
            dimensions[i] = cursor.u64(what);
        }
        int typeId = cursor.u32(what);
        TensorType type = TensorType.ofGgmlId(typeId)
                .orElseThrow(() -> error(name, "has type " + unreadType(typeId) + ", which Herd does not read"));
        return new Description(name, type, dimensions, cursor.u64(what));
    }

    private StoredTensor stored(Description description, long dataStart, int alignment) {
        String name = description.name();
        long size = byteSize(description);
        long offset = description.offset();
        if (offset < 0 || offset % alignment != 0) {
            throw error(name, "has offset " + Long.toUnsignedString(offset) + ", no multiple of " + alignment);
        }
        long available = Math.max(0, bytes.byteSize() - dataStart);
        if (offset > available || size > available - offset) {
            throw error(
                    name,
                    "lies outside the file: " + size + " bytes at offset " + offset + " of " + available
                            + " bytes of data; the file is truncated or damaged");
        }
        List<Long> shape = new ArrayList<>();
        for (long dimension : description.dimensions()) {
            shape.addFirst(dimension);
        }
        TensorType type = description.type();
        MemorySegment data = bytes.asSlice(dataStart + offset, size);
        return new StoredTensor(file, name, type.name(), Optional.of(type), shape, data);
    }

    private long byteSize(Description description) {
        TensorType type = description.type();
        long[] dimensions = description.dimensions();
        long elements = 1;
        try {
            for (long dimension : dimensions) {
                if (dimension < 1) {
                    throw error(description.name(), "has a dimension of " + Long.toUnsignedString(dimension));
                }
                elements = Math.multiplyExact(elements, dimension);
            }
            if (dimensions[0] % type.quantGroupSize() != 0) {
                throw error(
                        description.name(),
                        "has rows of " + dimensions[0] + " elements, no multiple of " + type + "'s group of "
                                + type.quantGroupSize());
            }
            return type.bytes(elements);
        } catch (ArithmeticException e) {
            throw error(description.name(), "claims more elements than 63 bits can count");
        }
    }

    private CheckpointException error(String tensor, String problem) {
        return StoredTensor.error(file, tensor, problem);
    }

    /** The name of a ggml type that Herd does not read, with its number. */
    private static String unreadType(int id) {
        String name = switch (id) {
            case 9 -> "Q8_1";
            case 15 -> "Q8_K";
            case 16 -> "IQ2_XXS";
            case 17 -> "IQ2_XS";
            case 18 -> "IQ3_XXS";
            case 19 -> "IQ1_S";
            case 21 -> "IQ3_S";
            case 22 -> "IQ2_S";
            case 29 -> "IQ1_M";
            case 34 -> "TQ1_0";
            case 35 -> "TQ2_0";
            default -> "unknown";
        };
        return name + " (" + Integer.toUnsignedString(id) + ")";
    }

    /** Reads metadata values; one reader's arrays share a budget of elements that it is willing to step over. */
    static final class ValueReader {
        private static final int MAX_DEPTH = 4;
        private static final long MAX_WALKED = 1L << 25;

        private final GgufCursor cursor;
        private long walked;

        ValueReader(GgufCursor cursor) {
            this.cursor = cursor;
        }

        GgufValue value(GgufType type, String what, int depth) {
            return switch (type) {
                case UINT8 -> new GgufValue.Whole(cursor.u8(what) & 0xFF);
                case INT8 -> new GgufValue.Whole(cursor.u8(what));
                case UINT16 -> new GgufValue.Whole(cursor.u16(what) & 0xFFFF);
                case INT16 -> new GgufValue.Whole(cursor.u16(what));
                case UINT32 -> new GgufValue.Whole(cursor.u32(what) & 0xFFFF_FFFFL);
                case INT32 -> new GgufValue.Whole(cursor.u32(what));
                case UINT64 -> new GgufValue.Whole(unsigned(what));
                case INT64 -> new GgufValue.Whole(cursor.u64(what));
                case FLOAT32 -> new GgufValue.Real(Float.intBitsToFloat(cursor.u32(what)));
                case FLOAT64 -> new GgufValue.Real(Double.longBitsToDouble(cursor.u64(what)));
                case BOOL -> new GgufValue.Flag(flag(what));
                case STRING -> new GgufValue.Text(cursor.text(what));
                case ARRAY -> sequence(what, depth);
            };
        }

        private long unsigned(String what) {
            long value = cursor.u64(what);
            if (value < 0) {
                throw cursor.error("has the absurd value " + Long.toUnsignedString(value) + " in " + what);
            }
            return value;
        }

        private boolean flag(String what) {
            byte value = cursor.u8(what);
            if (value != 0 && value != 1) {
                throw cursor.error("has " + value + " as the truth value of " + what);
            }
            return value == 1;
        }

        private GgufValue.Sequence sequence(String what, int depth) {
            if (depth >= MAX_DEPTH) {
                throw cursor.error("nests arrays more than " + MAX_DEPTH + " deep in " + what);
            }
            GgufType type = GgufType.read(cursor, "the elements of " + what);
            long minBytes = switch (type) {
                case STRING -> 8;
                case ARRAY -> 12;
                default -> type.byteSize();
            };
            long count = cursor.count("the number of elements of " + what, minBytes);
            MemorySegment rest = cursor.rest();
            long start = cursor.position();
            step(type, count, what, depth);
            return new GgufValue.Sequence(type, count, rest.asSlice(0, cursor.position() - start));
        }

        private void step(GgufType type, long count, String what, int depth) {
            if (type.byteSize() > 0) {
                cursor.skip(count * type.byteSize(), what);
                return;
            }
            walked += count;
            if (walked > MAX_WALKED) {
                throw cursor.error("has more than " + MAX_WALKED + " texts and arrays in " + what);
            }
            for (long i = 0; i < count; i++) {
                if (type == GgufType.STRING) {
                    cursor.skipText(what);
                } else {
                    sequence(what, depth + 1);
                }
            }
        }
    }
}
