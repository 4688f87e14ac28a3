package dev.herd.media;

import dev.herd.model.vision.RgbImage;
import java.util.Base64;
import java.util.List;

/** A picture file whose header has been judged; nothing of it is decoded yet. Immutable. */
public final class ImageFile {
    private final byte[] bytes;
    private final ImageHeader header;

    private ImageFile(byte[] bytes, ImageHeader header) {
        this.bytes = bytes;
        this.header = header;
    }

    /**
     * Reads the header of a file.
     *
     * @throws MediaException if this is no picture that is accepted, or another kind than its sender says
     */
    public static ImageFile of(MediaBytes file, ImageLimits limits) {
        byte[] bytes = file.bytes();
        limits.requireBytes(bytes.length);
        ImageHeader header = ImageHeader.read(bytes);
        file.requireType("image", header.format()::hasMediaType, header.format().toString());
        limits.requirePixels(header.storedWidth(), header.storedHeight());
        return new ImageFile(bytes, header);
    }

    /** What the file says of itself. */
    public ImageHeader header() {
        return header;
    }

    /** The file; not to be changed. */
    public byte[] bytes() {
        return bytes;
    }

    /** A name that only the same file has; {@link MediaInput#contentKey} of the picture in it. */
    public String contentKey() {
        return MediaInput.hash(List.of(bytes)) + "/0";
    }

    /** The file as a {@code data:} address. */
    public String dataUrl() {
        return "data:" + header.format().mediaType() + ";base64,"
                + Base64.getEncoder().encodeToString(bytes);
    }

    /**
     * Decodes the picture on this thread, without a bound on time.
     *
     * @throws MediaException if the file is damaged, or something else as well
     */
    public RgbImage decode() throws InterruptedException {
        return new ImageDecoding(header, ImageHeader.essence(header, bytes)).decode();
    }
}
