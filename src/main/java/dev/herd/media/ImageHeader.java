package dev.herd.media;

/**
 * What a picture file says of itself before anything is decoded.
 *
 * @param format kind of file
 * @param storedWidth pixels per row as stored
 * @param storedHeight rows as stored
 * @param orientation EXIF's number for how the stored rows are to be shown, 1 to 8; 1 is as they are
 */
public record ImageHeader(ImageFormat format, int storedWidth, int storedHeight, int orientation) {
    /** The least of EXIF's orientations that exchange width and height. */
    private static final int FIRST_TURNED = 5;

    static ImageHeader of(ImageFormat format, long width, long height, int orientation) {
        if (width < 1 || height < 1 || width > Integer.MAX_VALUE || height > Integer.MAX_VALUE) {
            throw MediaException.damaged(
                    "The " + format + " file claims to be " + width + " by " + height + " pixels.");
        }
        return new ImageHeader(format, (int) width, (int) height, orientation);
    }

    /** Pixels per row of the picture as it is shown. */
    public int width() {
        return isTurned() ? storedHeight : storedWidth;
    }

    /** Rows of the picture as it is shown. */
    public int height() {
        return isTurned() ? storedWidth : storedHeight;
    }

    boolean isTurned() {
        return orientation >= FIRST_TURNED;
    }

    /** The header of a picture file; takes no longer than a glance at each of its sections. */
    static ImageHeader read(byte[] file) {
        ImageFormat format = ImageFormat.of(file);
        FileBytes bytes = new FileBytes(format.toString(), file);
        return switch (format) {
            case JPEG -> JpegSegments.read(bytes).header();
            case PNG -> PngSections.read(bytes).header();
            case WEBP -> WebpSections.header(bytes);
            case GIF -> GifScreen.read(bytes).header();
            case BMP -> BmpHeader.read(bytes);
            case TIFF -> TiffDirectory.header(bytes);
        };
    }

    /** The file without what decoding does not need, so that no library has to be trusted with it. */
    static byte[] essence(ImageHeader header, byte[] file) {
        FileBytes bytes = new FileBytes(header.format().toString(), file);
        return switch (header.format()) {
            case JPEG -> JpegSegments.read(bytes).essence(file);
            case PNG -> PngSections.read(bytes).essence(file);
            case WEBP, GIF, BMP, TIFF -> file;
        };
    }
}
