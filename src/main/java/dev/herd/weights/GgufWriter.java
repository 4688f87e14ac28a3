package dev.herd.weights;

import dev.herd.kernels.TensorType;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * A GGUF v3 file in the making: metadata and tensors are collected first, then written to a file or into memory. Tensor
 * data is asked for only while it is written, so that a file may be larger than memory. Not thread-safe.
 */
public final class GgufWriter {
    private static final int ALIGNMENT = 32;
    private static final int VERSION = 3;
    private static final int LARGEST_WRITE = 1 << 26;

    private final Bytes metadata = new Bytes();
    private final Set<String> names = new HashSet<>();
    private final List<Tensor> tensors = new ArrayList<>();
    private int entryCount;

    /** A file without metadata and tensors. */
    public GgufWriter() {}

    /** Gives out the bytes of a tensor. */
    @FunctionalInterface
    public interface Content {
        /** Writes all bytes to {@code sink}, in any number of pieces. */
        void writeTo(Sink sink);
    }

    /** Takes the bytes of a tensor. */
    @FunctionalInterface
    public interface Sink {
        /** Appends {@code bytes}. */
        void write(MemorySegment bytes);
    }

    private record Tensor(String name, TensorType type, List<Long> dimensions, Content content) {
        long byteSize() {
            long rows = dimensions.stream().skip(1).reduce(1L, Math::multiplyExact);
            return Math.multiplyExact(type.bytes(dimensions.getFirst()), rows);
        }
    }

    /** Adds a text. */
    public GgufWriter text(String key, String value) {
        entry(key, GgufType.STRING).text(value);
        return this;
    }

    /** Adds an unsigned 16-bit number. */
    public GgufWriter uint16(String key, int value) {
        entry(key, GgufType.UINT16).number(value, Short.BYTES);
        return this;
    }

    /** Adds an unsigned 32-bit number. */
    public GgufWriter uint32(String key, int value) {
        entry(key, GgufType.UINT32).number(value, Integer.BYTES);
        return this;
    }

    /** Adds a signed 32-bit number. */
    public GgufWriter int32(String key, int value) {
        entry(key, GgufType.INT32).number(value, Integer.BYTES);
        return this;
    }

    /** Adds a 32-bit floating point number. */
    public GgufWriter float32(String key, float value) {
        entry(key, GgufType.FLOAT32).number(Float.floatToRawIntBits(value), Integer.BYTES);
        return this;
    }

    /** Adds a truth value. */
    public GgufWriter flag(String key, boolean value) {
        entry(key, GgufType.BOOL).number(value ? 1 : 0, 1);
        return this;
    }

    /** Adds an array of texts. */
    public GgufWriter texts(String key, List<String> values) {
        Bytes bytes = array(key, GgufType.STRING, values.size());
        values.forEach(bytes::text);
        return this;
    }

    /** Adds an array of 32-bit floats. */
    public GgufWriter float32s(String key, float... values) {
        Bytes bytes = array(key, GgufType.FLOAT32, values.length);
        for (float value : values) {
            bytes.number(Float.floatToRawIntBits(value), Integer.BYTES);
        }
        return this;
    }

    /** Adds an array of signed 32-bit numbers. */
    public GgufWriter int32s(String key, int... values) {
        Bytes bytes = array(key, GgufType.INT32, values.length);
        for (int value : values) {
            bytes.number(value, Integer.BYTES);
        }
        return this;
    }

    /**
     * Adds a tensor.
     *
     * @param dimensions fastest first, as GGUF has them: columns, rows, experts
     * @param content called once for each time that the file is written
     */
    public GgufWriter tensor(String name, TensorType type, List<Long> dimensions, Content content) {
        if (type.ggmlId() < 0) {
            throw new IllegalArgumentException("GGUF has no type " + type + " for tensor " + name);
        }
        if (!names.add("tensor " + name)) {
            throw new IllegalArgumentException("tensor " + name + " is there already");
        }
        tensors.add(new Tensor(name, type, List.copyOf(dimensions), content));
        return this;
    }

    /** Writes the file under a temporary name beside {@code target}, then moves it there. */
    public void writeTo(Path target) {
        Path parent = target.toAbsolutePath().getParent();
        try {
            String name =
                    "." + target.getFileName() + "." + ProcessHandle.current().pid() + ".part";
            Path unfinished = parent == null ? Path.of(name) : parent.resolve(name);
            try {
                try (FileChannel channel = FileChannel.open(
                        unfinished,
                        StandardOpenOption.WRITE,
                        StandardOpenOption.CREATE,
                        StandardOpenOption.TRUNCATE_EXISTING)) {
                    write(bytes -> append(channel, bytes));
                }
                Files.move(unfinished, target, StandardCopyOption.REPLACE_EXISTING);
            } finally {
                Files.deleteIfExists(unfinished);
            }
        } catch (IOException | UncheckedIOException e) {
            throw new CheckpointException(target + ": cannot be written: " + e.getMessage(), e);
        }
    }

    /** Writes the file into memory that lives as long as {@code arena}. */
    public MemorySegment writeTo(Arena arena) {
        long[] position = {0};
        MemorySegment target = arena.allocate(byteSize(), ALIGNMENT);
        write(bytes -> {
            MemorySegment.copy(bytes, 0, target, position[0], bytes.byteSize());
            position[0] += bytes.byteSize();
        });
        return target;
    }

    private void write(Sink sink) {
        MemorySegment padding = MemorySegment.ofArray(new byte[ALIGNMENT]);
        MemorySegment header = MemorySegment.ofArray(header());
        sink.write(header);
        sink.write(padding.asSlice(0, paddingAfter(header.byteSize())));
        for (Tensor tensor : tensors) {
            long[] written = {0};
            tensor.content().writeTo(bytes -> {
                written[0] += bytes.byteSize();
                sink.write(bytes);
            });
            if (written[0] != tensor.byteSize()) {
                throw new IllegalStateException("tensor " + tensor.name() + " was written with " + written[0]
                        + " bytes instead of " + tensor.byteSize());
            }
            sink.write(padding.asSlice(0, paddingAfter(tensor.byteSize())));
        }
    }

    private long byteSize() {
        long size = aligned(header().length);
        for (Tensor tensor : tensors) {
            size = Math.addExact(size, aligned(tensor.byteSize()));
        }
        return size;
    }

    private byte[] header() {
        Bytes bytes = new Bytes();
        bytes.writeBytes("GGUF".getBytes(StandardCharsets.US_ASCII));
        bytes.number(VERSION, Integer.BYTES);
        bytes.number(tensors.size(), Long.BYTES);
        bytes.number(entryCount, Long.BYTES);
        bytes.writeBytes(metadata.toByteArray());
        long offset = 0;
        for (Tensor tensor : tensors) {
            bytes.text(tensor.name());
            bytes.number(tensor.dimensions().size(), Integer.BYTES);
            tensor.dimensions().forEach(dimension -> bytes.number(dimension, Long.BYTES));
            bytes.number(tensor.type().ggmlId(), Integer.BYTES);
            bytes.number(offset, Long.BYTES);
            offset = Math.addExact(offset, aligned(tensor.byteSize()));
        }
        return bytes.toByteArray();
    }

    private Bytes entry(String key, GgufType type) {
        if (!names.add("key " + key)) {
            throw new IllegalArgumentException("metadata key " + key + " is there already");
        }
        entryCount++;
        metadata.text(key);
        metadata.number(type.id(), Integer.BYTES);
        return metadata;
    }

    private Bytes array(String key, GgufType elementType, int count) {
        Bytes bytes = entry(key, GgufType.ARRAY);
        bytes.number(elementType.id(), Integer.BYTES);
        bytes.number(count, Long.BYTES);
        return bytes;
    }

    private static void append(FileChannel channel, MemorySegment bytes) {
        try {
            for (long done = 0; done < bytes.byteSize(); done += LARGEST_WRITE) {
                long length = Math.min(LARGEST_WRITE, bytes.byteSize() - done);
                ByteBuffer piece = buffer(bytes.asSlice(done, length));
                while (piece.hasRemaining()) {
                    channel.write(piece);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static ByteBuffer buffer(MemorySegment bytes) {
        return bytes.isNative() ? bytes.asByteBuffer() : ByteBuffer.wrap(bytes.toArray(ValueLayout.JAVA_BYTE));
    }

    private static long aligned(long size) {
        return size + paddingAfter(size);
    }

    private static long paddingAfter(long size) {
        return Math.floorMod(-size, (long) ALIGNMENT);
    }

    /** Growing bytes in little-endian order. */
    private static final class Bytes extends ByteArrayOutputStream {
        void number(long value, int bytes) {
            byte[] all = ByteBuffer.allocate(Long.BYTES)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .putLong(value)
                    .array();
            write(all, 0, bytes);
        }

        void text(String value) {
            byte[] utf8 = value.getBytes(StandardCharsets.UTF_8);
            number(utf8.length, Long.BYTES);
            writeBytes(utf8);
        }
    }
}
