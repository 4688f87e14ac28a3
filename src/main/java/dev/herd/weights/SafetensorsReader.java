package dev.herd.weights;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.herd.kernels.TensorType;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Reads the header of a safetensors file: a 64-bit length, a JSON object that describes the tensors, then their data.
 * Every length and offset is compared with the file before it is used; tensor data is not touched.
 */
final class SafetensorsReader {
    private static final ValueLayout.OfLong U64 = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final int LENGTH_BYTES = 8;
    private static final long MAX_HEADER_BYTES = 100_000_000;
    private static final int MAX_DIMENSIONS = 8;

    private final String file;
    private final MemorySegment data;
    private final List<StoredTensor> tensors = new ArrayList<>();
    private final Set<String> names = new HashSet<>();

    private SafetensorsReader(String file, MemorySegment data) {
        this.file = file;
        this.data = data;
    }

    /** The tensors of {@code bytes}, the whole file that messages call {@code file}, in the order of the header. */
    static List<StoredTensor> read(String file, MemorySegment bytes) {
        if (bytes.byteSize() < LENGTH_BYTES) {
            throw new CheckpointException(
                    file + ": is no safetensors file: it has only " + bytes.byteSize() + " bytes");
        }
        long headerBytes = bytes.get(U64, 0);
        long rest = bytes.byteSize() - LENGTH_BYTES;
        if (headerBytes < 0 || headerBytes > rest) {
            throw new CheckpointException(file + ": claims a header of " + Long.toUnsignedString(headerBytes)
                    + " bytes, but only " + rest + " follow; it is truncated or no safetensors file");
        }
        if (headerBytes > MAX_HEADER_BYTES) {
            throw new CheckpointException(
                    file + ": has a header of " + headerBytes + " bytes, more than " + MAX_HEADER_BYTES);
        }
        MemorySegment header = bytes.asSlice(LENGTH_BYTES, headerBytes);
        SafetensorsReader reader = new SafetensorsReader(file, bytes.asSlice(LENGTH_BYTES + headerBytes));
        reader.readHeader(header.asByteBuffer());
        TensorSet.requireDisjoint(reader.tensors);
        return reader.tensors;
    }

    private void readHeader(ByteBuffer header) {
        try (JsonParser parser = Json.FACTORY.createParser(new BufferStream(header))) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                throw new CheckpointException(file + ": has a header that is no JSON object");
            }
            for (String name = parser.nextFieldName(); name != null; name = parser.nextFieldName()) {
                if (name.equals("__metadata__")) {
                    parser.nextToken();
                    parser.skipChildren();
                } else {
                    tensors.add(tensor(name, parser));
                }
            }
            if (parser.nextToken() != null) {
                throw new CheckpointException(file + ": has a header that goes on after its JSON object");
            }
        } catch (IOException e) {
            throw Json.malformed(file, e);
        }
    }

    private StoredTensor tensor(String name, JsonParser parser) throws IOException {
        if (!names.add(name)) {
            throw error(name, "occurs twice");
        }
        if (parser.nextToken() != JsonToken.START_OBJECT) {
            throw error(name, "is described by no JSON object");
        }
        String dtype = "";
        Optional<List<Long>> shape = Optional.empty();
        List<Long> offsets = List.of();
        for (String field = parser.nextFieldName(); field != null; field = parser.nextFieldName()) {
            parser.nextToken();
            switch (field) {
                case "dtype" -> dtype = parser.getText();
                case "shape" -> shape = Optional.of(longs(name, field, parser));
                case "data_offsets" -> offsets = longs(name, field, parser);
                default -> parser.skipChildren();
            }
        }
        if (offsets.size() != 2) {
            throw error(name, "has " + offsets.size() + " data_offsets instead of 2");
        }
        List<Long> dimensions = shape.orElseThrow(() -> error(name, "has no shape"));
        return stored(name, dtype, dimensions, offsets.getFirst(), offsets.getLast());
    }

    private List<Long> longs(String name, String field, JsonParser parser) throws IOException {
        if (!parser.isExpectedStartArrayToken()) {
            throw error(name, "has a " + field + " that is no array");
        }
        List<Long> values = new ArrayList<>();
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            if (parser.currentToken() != JsonToken.VALUE_NUMBER_INT
                    || parser.getNumberType() == JsonParser.NumberType.BIG_INTEGER
                    || parser.getLongValue() < 0) {
                throw error(name, "has the " + field + " " + parser.getText() + ", which is no 63-bit whole number");
            }
            if (values.size() == MAX_DIMENSIONS) {
                throw error(name, "has more than " + MAX_DIMENSIONS + " numbers in its " + field);
            }
            values.add(parser.getLongValue());
        }
        return values;
    }

    private StoredTensor stored(String name, String dtype, List<Long> shape, long begin, long end) {
        if (begin > end || end > data.byteSize()) {
            throw error(
                    name,
                    "lies outside the file: data_offsets [" + begin + ", " + end + "] of " + data.byteSize()
                            + " bytes of data; the file is truncated or damaged");
        }
        long bytes = elementBytes(name, dtype);
        try {
            for (long dimension : shape) {
                bytes = Math.multiplyExact(bytes, dimension);
            }
        } catch (ArithmeticException e) {
            throw error(name, "has shape " + shape + ", more elements than 63 bits can count");
        }
        if (bytes != end - begin) {
            throw error(
                    name, "has " + (end - begin) + " bytes, but " + dtype + " of shape " + shape + " needs " + bytes);
        }
        return new StoredTensor(file, name, dtype, typeOf(dtype), shape, data.asSlice(begin, bytes));
    }

    private long elementBytes(String name, String dtype) {
        return switch (dtype) {
            case "BOOL", "U8", "I8", "F8_E4M3", "F8_E5M2", "F8_E8M0" -> 1;
            case "U16", "I16", "F16", "BF16" -> 2;
            case "U32", "I32", "F32" -> 4;
            case "U64", "I64", "F64", "C64" -> 8;
            default -> throw error(name, "has the unknown type '" + dtype + "'");
        };
    }

    private static Optional<TensorType> typeOf(String dtype) {
        return switch (dtype) {
            case "F32" -> Optional.of(TensorType.F32);
            case "F16" -> Optional.of(TensorType.F16);
            case "BF16" -> Optional.of(TensorType.BF16);
            case "F64" -> Optional.of(TensorType.F64);
            case "F8_E4M3" -> Optional.of(TensorType.F8_E4M3);
            case "I8" -> Optional.of(TensorType.I8);
            case "I16" -> Optional.of(TensorType.I16);
            case "I32" -> Optional.of(TensorType.I32);
            case "I64" -> Optional.of(TensorType.I64);
            default -> Optional.empty();
        };
    }

    private CheckpointException error(String name, String problem) {
        return StoredTensor.error(file, name, problem);
    }

    /** A buffer as a stream, so that the mapped header is parsed without a copy of it. */
    private static final class BufferStream extends InputStream {
        private final ByteBuffer buffer;

        BufferStream(ByteBuffer buffer) {
            this.buffer = buffer;
        }

        @Override
        public int read() {
            return buffer.hasRemaining() ? buffer.get() & 0xFF : -1;
        }

        @Override
        public int read(byte[] target, int from, int length) {
            if (length == 0) {
                return 0;
            }
            int count = Math.min(length, buffer.remaining());
            buffer.get(target, from, count);
            return count == 0 ? -1 : count;
        }
    }
}
