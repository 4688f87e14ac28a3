package dev.herd.media;

import java.util.Map;
import java.util.Set;

/**
 * A look at the boxes of an MP4 file before a library reads them: that each lies inside its parent, and that no table
 * claims more entries than it has, for which memory would be taken.
 */
final class Mp4Tables {
    private static final int MAX_DEPTH = 8;
    private static final int MAX_BOXES = 4096;
    private static final Set<String> CONTAINERS = Set.of("moov", "trak", "mdia", "minf", "stbl", "edts");

    /** Name of a table, and the bytes of one of its entries. */
    private static final Map<String, Integer> TABLES =
            Map.of("stts", 8, "ctts", 8, "stsc", 12, "stco", 4, "co64", 8, "stss", 4, "elst", 12);

    private final FileBytes file;
    private int boxes;
    private boolean hasMovie;

    private Mp4Tables(FileBytes file) {
        this.file = file;
    }

    /** Throws if a box or table does not hold what it claims. */
    static void check(byte[] bytes) {
        FileBytes file = new FileBytes("MP4", bytes);
        Mp4Tables tables = new Mp4Tables(file);
        tables.walk(0, bytes.length, 0);
        if (!tables.hasMovie) {
            throw file.damaged("it has no index");
        }
    }

    private void walk(long start, long end, int depth) {
        long at = start;
        while (at + 8 <= end) {
            long size = file.u32Big(at);
            long head = 8;
            if (size == 1) {
                size = file.u32Big(at + 8) << 32 | file.u32Big(at + 12);
                head = 16;
            } else if (size == 0) {
                size = end - at;
            }
            if (size < head || size > end - at) {
                throw file.brokenOff();
            }
            boxes++;
            if (boxes > MAX_BOXES || depth > MAX_DEPTH) {
                throw file.damaged("its index is too deep");
            }
            box(at, head, size, depth);
            at += size;
        }
    }

    private void box(long at, long head, long size, int depth) {
        for (String container : CONTAINERS) {
            if (file.has(at + 4, container)) {
                hasMovie |= container.equals("moov");
                walk(at + head, at + size, depth + 1);
            }
        }
        TABLES.forEach((name, entryBytes) -> {
            if (file.has(at + 4, name)) {
                requireEntries(file.u32Big(at + head + 4), entryBytes, size - head - 8);
            }
        });
        if (file.has(at + 4, "stsz")) {
            boolean isUniform = file.u32Big(at + head + 4) != 0;
            long count = file.u32Big(at + head + 8);
            requireEntries(count, isUniform ? 0 : 4, size - head - 12);
        }
    }

    private void requireEntries(long count, int entryBytes, long bytes) {
        if (count * entryBytes > bytes || count > file.length()) {
            throw file.damaged("a table claims more entries than it has");
        }
    }
}
