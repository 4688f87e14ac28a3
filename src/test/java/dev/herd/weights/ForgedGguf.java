package dev.herd.weights;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/** A GGUF file put together byte by byte, which may say whatever a test wants it to say. */
final class ForgedGguf {
    private final ByteArrayOutputStream entries = new ByteArrayOutputStream();
    private final ByteArrayOutputStream tensors = new ByteArrayOutputStream();
    private long entryCount;
    private long tensorCount;
    private byte[] data = new byte[0];
    private int alignment = 32;
    private Object version = 3;

    ForgedGguf version(Object value) {
        version = value;
        return this;
    }

    /** A metadata entry: key, number of the type, and whatever follows. */
    ForgedGguf entry(String key, int type, Object... value) {
        entries.writeBytes(LittleEndian.bytes(key, type));
        entries.writeBytes(LittleEndian.bytes(value));
        entryCount++;
        return this;
    }

    /** A tensor's description. */
    ForgedGguf tensor(String name, int type, long offset, long... dimensions) {
        tensors.writeBytes(LittleEndian.bytes(name, dimensions.length));
        for (long dimension : dimensions) {
            tensors.writeBytes(LittleEndian.bytes(dimension));
        }
        tensors.writeBytes(LittleEndian.bytes(type, offset));
        tensorCount++;
        return this;
    }

    /** Adds to what the header claims without adding an entry or a tensor. */
    ForgedGguf claim(long moreTensors, long moreEntries) {
        tensorCount += moreTensors;
        entryCount += moreEntries;
        return this;
    }

    ForgedGguf data(byte[] bytes) {
        data = bytes;
        return this;
    }

    ForgedGguf alignment(int bytes) {
        alignment = bytes;
        return entry("general.alignment", 4, bytes);
    }

    byte[] bytes() {
        byte[] header = LittleEndian.bytes(
                "GGUF".getBytes(StandardCharsets.US_ASCII),
                version,
                tensorCount,
                entryCount,
                entries.toByteArray(),
                tensors.toByteArray());
        byte[] padding = new byte[Math.floorMod(-header.length, alignment)];
        return LittleEndian.bytes(header, padding, data);
    }

    GgufReader.Contents read() {
        return GgufReader.read("forged.gguf", LittleEndian.segment(bytes()));
    }
}
