package dev.herd.media;

/** The header of a BMP file. */
final class BmpHeader {
    private static final int START = 14;
    private static final int OLDEST = 12;
    private static final int SHORTEST = 40;
    private static final int LONGEST = 124;
    /** The last compression that is not another file inside: none, run lengths of 8 and 4 bits, bit masks. */
    private static final int BIT_MASKS = 3;

    private static final int MAX_COLOURS = 256;

    private BmpHeader() {}

    static ImageHeader read(FileBytes file) {
        long size = file.u32Little(START);
        file.requireEnd(file.u32Little(10));
        if (size == OLDEST) {
            return ImageHeader.of(ImageFormat.BMP, file.u16Little(START + 4), file.u16Little(START + 6), 1);
        }
        if (size < SHORTEST || size > LONGEST) {
            throw file.damaged("its header has no known length");
        }
        long width = (int) file.u32Little(START + 4);
        long height = Math.abs((long) (int) file.u32Little(START + 8));
        if (file.u32Little(START + 16) > BIT_MASKS) {
            throw file.unsupported("holds another file");
        }
        if (file.u32Little(START + 32) > MAX_COLOURS) {
            throw file.unsupported("has a palette of more than " + MAX_COLOURS + " colours");
        }
        return ImageHeader.of(ImageFormat.BMP, width, height, 1);
    }
}
