package dev.herd.media;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;

/** Kinds of picture files that are read; the first bytes of a file decide, not its name. */
public enum ImageFormat {
    /** Baseline and progressive, gray, colour or CMYK. */
    JPEG("JPEG", "image/jpeg", "image/jpg", "image/pjpeg"),
    /** All colour types and depths. */
    PNG("PNG", "image/png", "image/x-png", "image/apng"),
    /** Lossy and lossless. */
    WEBP("WebP", "image/webp"),
    /** Its first frame. */
    GIF("GIF", "image/gif"),
    /** Without embedded JPEG or PNG. */
    BMP("BMP", "image/bmp", "image/x-bmp", "image/x-ms-bmp"),
    /** Its first picture. */
    TIFF("TIFF", "image/tiff", "image/tif");

    private static final int GLANCE = 256;
    private static final String ALL = "JPEG, PNG, WebP, GIF, BMP and TIFF are supported";

    private final String shownName;
    private final String mediaTypes;

    ImageFormat(String shownName, String... mediaTypes) {
        this.shownName = shownName;
        this.mediaTypes = String.join(" ", mediaTypes);
    }

    /** The media type that is sent. */
    String mediaType() {
        return mediaTypes.split(" ", 2)[0];
    }

    /** Whether a media type, without parameters, stands for this kind. */
    boolean hasMediaType(String mediaType) {
        return List.of(mediaTypes.split(" ", -1)).contains(mediaType.toLowerCase(Locale.ROOT));
    }

    @Override
    public String toString() {
        return shownName;
    }

    /** The kind of {@code file}. */
    static ImageFormat of(byte[] file) {
        FileBytes bytes = new FileBytes("picture", file);
        if (bytes.has(0, "\u00ff\u00d8\u00ff")) {
            return JPEG;
        }
        if (bytes.has(0, PngSections.SIGNATURE)) {
            return PNG;
        }
        if (bytes.has(0, "RIFF") && bytes.has(8, "WEBP")) {
            return WEBP;
        }
        if (bytes.has(0, "GIF87a") || bytes.has(0, "GIF89a")) {
            return GIF;
        }
        if (bytes.has(0, "BM")) {
            return BMP;
        }
        if (bytes.has(0, "II*\0") || bytes.has(0, "MM\0*")) {
            return TIFF;
        }
        throw MediaException.invalidFormat(unknown(bytes, file));
    }

    private static String unknown(FileBytes bytes, byte[] file) {
        if (file.length == 0) {
            return "The picture is empty.";
        }
        String start = new String(file, 0, Math.min(file.length, GLANCE), StandardCharsets.ISO_8859_1)
                .replace("\u00ef\u00bb\u00bf", "")
                .replace("\0", "")
                .replace("\u00ff\u00fe", "")
                .strip();
        if (start.startsWith("<")) {
            return "The file is markup (SVG, XML or HTML), not a picture; " + ALL + ".";
        }
        if (bytes.has(4, "ftyp")) {
            return "HEIC, AVIF and videos are no pictures here; " + ALL + ".";
        }
        return "The file is no picture of a known kind; " + ALL + ".";
    }
}
