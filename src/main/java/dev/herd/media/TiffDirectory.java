package dev.herd.media;

import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** The first directory of a TIFF file, or of the EXIF section that other files carry in the same form. */
final class TiffDirectory {
    private static final int WIDTH = 256;
    private static final int HEIGHT = 257;
    private static final int BITS_PER_SAMPLE = 258;
    private static final int COMPRESSION = 259;
    private static final int ORIENTATION = 274;
    private static final int SAMPLES_PER_PIXEL = 277;
    private static final int TILE_WIDTH = 322;
    private static final int TILE_HEIGHT = 323;
    private static final int ENTRY_BYTES = 12;
    private static final int SHORT = 3;
    private static final int LONG = 4;
    private static final int MAX_SAMPLES = 5;

    /** None, CCITT, LZW, deflate, packed bits. JPEG inside states dimensions of its own and is left out. */
    private static final Set<Long> COMPRESSIONS = Set.of(1L, 2L, 3L, 4L, 5L, 8L, 32_773L, 32_946L);

    private final Map<Integer, Long> firstValues = new TreeMap<>();

    private TiffDirectory(FileBytes file, int start, int end) {
        boolean isLittle = file.has(start, "II*\0");
        if (!isLittle && !file.has(start, "MM\0*")) {
            throw file.damaged("its directory has no byte order");
        }
        long at = start + u32(file, start + 4L, isLittle);
        int count = u16(file, at, isLittle);
        if (at + 2 + (long) count * ENTRY_BYTES > end) {
            throw file.brokenOff();
        }
        for (int entry = 0; entry < count; entry++) {
            read(file, start, at + 2 + (long) entry * ENTRY_BYTES, isLittle);
        }
    }

    private void read(FileBytes file, int start, long at, boolean isLittle) {
        int tag = u16(file, at, isLittle);
        int type = u16(file, at + 2, isLittle);
        long count = u32(file, at + 4, isLittle);
        if (type == SHORT && count > 0) {
            long place = count > 2 ? start + u32(file, at + 8, isLittle) : at + 8;
            firstValues.putIfAbsent(tag, (long) u16(file, place, isLittle));
        } else if (type == LONG && count > 0) {
            long place = count > 1 ? start + u32(file, at + 8, isLittle) : at + 8;
            firstValues.putIfAbsent(tag, u32(file, place, isLittle));
        }
    }

    /** The header of a TIFF file. */
    static ImageHeader header(FileBytes file) {
        TiffDirectory directory = new TiffDirectory(file, 0, file.length());
        long width = directory.value(WIDTH, 0);
        long height = directory.value(HEIGHT, 0);
        if (!COMPRESSIONS.contains(directory.value(COMPRESSION, 1))) {
            throw file.unsupported("has compression " + directory.value(COMPRESSION, 1));
        }
        if (directory.value(SAMPLES_PER_PIXEL, 1) > MAX_SAMPLES || directory.value(BITS_PER_SAMPLE, 1) > 16) {
            throw file.unsupported("has more than " + MAX_SAMPLES + " colours or more than 16 bits for each");
        }
        if (directory.value(TILE_WIDTH, 0) > 2 * width + 1024 || directory.value(TILE_HEIGHT, 0) > 2 * height + 1024) {
            throw file.damaged("its tiles are larger than its picture");
        }
        return ImageHeader.of(ImageFormat.TIFF, width, height, directory.orientation());
    }

    /** The orientation that an EXIF section states; 1 if it states none or is damaged, as a viewer would have it. */
    static int orientation(FileBytes file, int start, int end) {
        try {
            return new TiffDirectory(file, start, end).orientation();
        } catch (MediaException damaged) {
            return 1;
        }
    }

    private int orientation() {
        long value = value(ORIENTATION, 1);
        return value >= 1 && value <= 8 ? (int) value : 1;
    }

    private long value(int tag, long otherwise) {
        return firstValues.getOrDefault(tag, otherwise);
    }

    private static int u16(FileBytes file, long at, boolean isLittle) {
        return isLittle ? file.u16Little(at) : file.u16Big(at);
    }

    private static long u32(FileBytes file, long at, boolean isLittle) {
        return isLittle ? file.u32Little(at) : file.u32Big(at);
    }
}
