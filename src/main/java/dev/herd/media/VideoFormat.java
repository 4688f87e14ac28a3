package dev.herd.media;

/** Kinds of video files that are read. */
enum VideoFormat {
    /** ISO base media. */
    MP4("MP4"),
    /** Matroska's subset for the web. */
    WEBM("WebM");

    private final String shownName;

    VideoFormat(String shownName) {
        this.shownName = shownName;
    }

    @Override
    public String toString() {
        return shownName;
    }

    /** The kind of {@code file}, by its first bytes. */
    static VideoFormat of(byte[] file) {
        FileBytes bytes = new FileBytes("video", file);
        if (bytes.has(4, "ftyp")) {
            return MP4;
        }
        if (bytes.has(0, "\u001aE\u00df\u00a3")) {
            return WEBM;
        }
        throw MediaException.invalidFormat("The file is no video of a known kind; MP4 and WebM are supported.");
    }

    boolean hasMediaType(String mediaType) {
        return switch (this) {
            case MP4 -> mediaType.equals("video/mp4") || mediaType.equals("video/quicktime");
            case WEBM -> mediaType.equals("video/webm") || mediaType.equals("video/x-matroska");
        };
    }
}
