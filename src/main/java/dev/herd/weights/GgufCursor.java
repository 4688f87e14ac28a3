package dev.herd.weights;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** A reading position in a GGUF header that never leaves the file. Lengths are compared with the rest of the file first. */
final class GgufCursor {
    private static final ValueLayout.OfShort U16 = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt U32 = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong U64 = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final String file;
    private final MemorySegment bytes;
    private long position;

    GgufCursor(String file, MemorySegment bytes) {
        this.file = file;
        this.bytes = bytes;
    }

    /** Bytes before the cursor. */
    long position() {
        return position;
    }

    /** Bytes behind the cursor. */
    long remaining() {
        return bytes.byteSize() - position;
    }

    /** Everything behind the cursor. */
    MemorySegment rest() {
        return bytes.asSlice(position);
    }

    /** {@code FILE: PROBLEM}. */
    CheckpointException error(String problem) {
        return new CheckpointException(file + ": " + problem);
    }

    byte u8(String what) {
        return bytes.get(ValueLayout.JAVA_BYTE, advance(1, what));
    }

    short u16(String what) {
        return bytes.get(U16, advance(2, what));
    }

    int u32(String what) {
        return bytes.get(U32, advance(4, what));
    }

    long u64(String what) {
        return bytes.get(U64, advance(8, what));
    }

    /** A number of things of at least {@code minBytes} each, refused if the rest of the file cannot hold as many. */
    long count(String what, long minBytes) {
        long count = u64(what);
        if (count < 0 || count > remaining() / minBytes) {
            throw error("claims " + Long.toUnsignedString(count) + " as " + what + ", more than its remaining "
                    + remaining() + " bytes can hold");
        }
        return count;
    }

    /** The bytes of a text: a 64-bit length, then so many bytes. */
    MemorySegment text(String what) {
        return skip(textLength(what), what);
    }

    /** Steps over a text. A vocabulary has hundreds of thousands, so nothing is allocated. */
    void skipText(String what) {
        advance(textLength(what), what);
    }

    private long textLength(String what) {
        if (remaining() < Long.BYTES) {
            throw error("is truncated: it ends within the length of " + what);
        }
        long length = u64(what);
        if (length < 0 || length > remaining()) {
            throw error("claims " + Long.toUnsignedString(length) + " bytes as the length of " + what + ", but only "
                    + remaining() + " remain");
        }
        return length;
    }

    /** A text of at most {@code maxBytes} bytes as a string. */
    String string(String what, int maxBytes) {
        MemorySegment text = text(what);
        if (text.byteSize() > maxBytes) {
            throw error("has " + text.byteSize() + " bytes in " + what + ", more than " + maxBytes);
        }
        return decode(text);
    }

    /** Steps over {@code length} bytes and returns them. */
    MemorySegment skip(long length, String what) {
        return bytes.asSlice(advance(length, what), length);
    }

    static String decode(MemorySegment utf8) {
        return new String(utf8.toArray(ValueLayout.JAVA_BYTE), StandardCharsets.UTF_8);
    }

    private long advance(long length, String what) {
        if (length > remaining()) {
            throw error("is truncated: it ends within " + what);
        }
        long start = position;
        position += length;
        return start;
    }
}
