package dev.herd.media;

import java.nio.charset.StandardCharsets;

/** The bytes of a file of some kind; reading past their end says that the file is broken off. */
final class FileBytes {
    private final String kind;
    private final byte[] bytes;

    FileBytes(String kind, byte[] bytes) {
        this.kind = kind;
        this.bytes = bytes;
    }

    int length() {
        return bytes.length;
    }

    /** The byte at {@code at}, 0 to 255. */
    int u8(long at) {
        if (at < 0 || at >= bytes.length) {
            throw brokenOff();
        }
        return bytes[(int) at] & 0xFF;
    }

    int u16Big(long at) {
        return u8(at) << 8 | u8(at + 1);
    }

    int u16Little(long at) {
        return u8(at) | u8(at + 1) << 8;
    }

    int u24Little(long at) {
        return u16Little(at) | u8(at + 2) << 16;
    }

    long u32Big(long at) {
        return (long) u16Big(at) << 16 | u16Big(at + 2);
    }

    long u32Little(long at) {
        return (long) u16Little(at + 2) << 16 | u16Little(at);
    }

    /** Whether these characters, all below 256, stand at {@code at}. */
    boolean has(long at, String characters) {
        byte[] wanted = characters.getBytes(StandardCharsets.ISO_8859_1);
        if (at < 0 || at + wanted.length > bytes.length) {
            return false;
        }
        for (int i = 0; i < wanted.length; i++) {
            if (bytes[(int) at + i] != wanted[i]) {
                return false;
            }
        }
        return true;
    }

    /** Throws unless {@code end} bytes are there. */
    void requireEnd(long end) {
        if (end > bytes.length) {
            throw brokenOff();
        }
    }

    MediaException brokenOff() {
        return MediaException.damaged("The " + kind + " file is broken off.");
    }

    MediaException damaged(String what) {
        return MediaException.damaged("The " + kind + " file is damaged: " + what + ".");
    }

    MediaException unsupported(String what) {
        return MediaException.invalidFormat("The " + kind + " file " + what + ", which is not supported.");
    }
}
