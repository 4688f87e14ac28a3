package dev.herd.weights;

import java.io.ByteArrayOutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** Writes values of Java's types as little-endian bytes, so that tests can forge files without the project's writer. */
final class LittleEndian {
    private LittleEndian() {}

    /** The values one after the other; a string is preceded by its length, a byte array is not. */
    static byte[] bytes(Object... values) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (Object value : values) {
            switch (value) {
                case Byte b -> out.write(b);
                case Short s -> out.writeBytes(buffer(2).putShort(s).array());
                case Integer i -> out.writeBytes(buffer(4).putInt(i).array());
                case Long l -> out.writeBytes(buffer(8).putLong(l).array());
                case Float f -> out.writeBytes(buffer(4).putFloat(f).array());
                case Double d -> out.writeBytes(buffer(8).putDouble(d).array());
                case Boolean b -> out.write(b ? 1 : 0);
                case String text -> {
                    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
                    out.writeBytes(buffer(8).putLong(utf8.length).array());
                    out.writeBytes(utf8);
                }
                case byte[] raw -> out.writeBytes(raw);
                default -> throw new IllegalArgumentException("cannot write " + value.getClass());
            }
        }
        return out.toByteArray();
    }

    /** A copy of {@code bytes} outside the heap, as a mapped file is. */
    static MemorySegment segment(byte[] bytes) {
        MemorySegment segment = Arena.ofAuto().allocate(bytes.length, 1);
        MemorySegment.copy(MemorySegment.ofArray(bytes), 0, segment, 0, bytes.length);
        return segment;
    }

    private static ByteBuffer buffer(int size) {
        return ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
    }
}
