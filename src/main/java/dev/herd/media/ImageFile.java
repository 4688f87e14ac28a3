package dev.herd.media;

import dev.herd.model.vision.RgbImage;

/** A picture file whose header has been judged; nothing of it is decoded yet. Immutable. */
public final class ImageFile {
    private final byte[] bytes;
    private final ImageHeader header;

    private ImageFile(byte[] bytes, ImageHeader header) {
        this.bytes = bytes;
        this.header = header;
    }

    /**
     * Reads the header of {@code bytes}, which must not be changed any more.
     *
     * @throws MediaException if this is no picture that is accepted
     */
    public static ImageFile of(byte[] bytes, ImageLimits limits) {
        limits.requireBytes(bytes.length);
        ImageHeader header = ImageHeader.read(bytes);
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

    /**
     * Decodes the picture on a thread of {@code pool} and waits for it.
     *
     * @throws MediaException if the file is damaged, something else as well, or takes too long
     */
    public RgbImage decode(DecodePool pool) {
        return pool.run(this::decode);
    }

    /** Decodes the picture on this thread. */
    RgbImage decode() throws InterruptedException {
        return new ImageDecoding(header, ImageHeader.essence(header, bytes)).decode();
    }
}
