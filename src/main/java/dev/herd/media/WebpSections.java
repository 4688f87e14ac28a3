package dev.herd.media;

/** The sections of a WebP file (RIFF calls them chunks), of which several state dimensions. */
final class WebpSections {
    private static final int FIRST = 12;
    private static final int ANIMATION_FRAME_HEADER = 16;

    private final FileBytes file;
    private int width;
    private int height;
    private int orientation = 1;

    private WebpSections(FileBytes file) {
        this.file = file;
    }

    /** The largest dimensions that any section states are those that count: all of them are decoded with. */
    static ImageHeader header(FileBytes file) {
        long end = file.u32Little(4) + 8;
        file.requireEnd(end);
        WebpSections sections = new WebpSections(file);
        sections.walk(FIRST, end);
        if (sections.width == 0) {
            throw file.damaged("it holds no picture");
        }
        return ImageHeader.of(ImageFormat.WEBP, sections.width, sections.height, sections.orientation);
    }

    private void walk(long start, long end) {
        long at = start;
        while (at + 8 <= end) {
            long size = file.u32Little(at + 4);
            long data = at + 8;
            if (data + size > end) {
                throw file.brokenOff();
            }
            section(at, data, size);
            at = data + size + size % 2;
        }
    }

    private void section(long at, long data, long size) {
        if (file.has(at, "VP8X")) {
            grow(file.u24Little(data + 4) + 1, file.u24Little(data + 7) + 1);
        } else if (file.has(at, "VP8 ")) {
            if (!file.has(data + 3, "\u009d\u0001*")) {
                throw file.damaged("it does not begin with a key frame");
            }
            grow(file.u16Little(data + 6) & 0x3FFF, file.u16Little(data + 8) & 0x3FFF);
        } else if (file.has(at, "VP8L")) {
            long bits = file.u32Little(data + 1);
            grow((int) (bits & 0x3FFF) + 1, (int) (bits >> 14 & 0x3FFF) + 1);
        } else if (file.has(at, "ANMF")) {
            grow(file.u24Little(data + 6) + 1, file.u24Little(data + 9) + 1);
            walk(data + ANIMATION_FRAME_HEADER, data + size);
        } else if (file.has(at, "EXIF")) {
            orientation = TiffDirectory.orientation(file, (int) data, (int) (data + size));
        }
    }

    private void grow(int sectionWidth, int sectionHeight) {
        width = Math.max(width, sectionWidth);
        height = Math.max(height, sectionHeight);
    }
}
