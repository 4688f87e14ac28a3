package dev.herd.media;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;

/**
 * The segments of a JPEG file: where each lies, and the dimensions. Colour profiles, comments and maker's data are left
 * out of what is decoded: pictures are taken as the model's training saw them, and no library has to parse them.
 *
 * @param header dimensions and orientation
 * @param segments bounds of the segments that decoding needs, compressed data included
 * @param end where the picture ends in the file
 */
record JpegSegments(ImageHeader header, List<Segment> segments, int end) {
    /** More scans than any encoder writes; each costs a pass over the whole picture. */
    private static final int MAX_SCANS = 64;

    private static final int END_OF_IMAGE = 0xD9;
    private static final int START_OF_SCAN = 0xDA;
    private static final int APP0 = 0xE0;
    private static final int EXIF = 0xE1;
    private static final int ADOBE = 0xEE;
    private static final int COMMENT = 0xFE;

    /** From {@code start} to {@code end}, exclusive. */
    record Segment(int start, int end) {}

    static JpegSegments read(FileBytes file) {
        return new Walk(file).toEnd();
    }

    byte[] essence(byte[] file) {
        ForeignTail.refuse(file, end, header.format().toString());
        ByteArrayOutputStream essence = new ByteArrayOutputStream(file.length);
        for (Segment segment : segments) {
            essence.write(file, segment.start(), segment.end() - segment.start());
        }
        return essence.toByteArray();
    }

    private static final class Walk {
        private final FileBytes file;
        private final List<Segment> segments = new ArrayList<>();
        private int width;
        private int height;
        private int scans;
        private int orientation = 1;

        Walk(FileBytes file) {
            this.file = file;
        }

        JpegSegments toEnd() {
            segments.add(new Segment(0, 2));
            int at = 2;
            while (true) {
                if (file.u8(at) != 0xFF) {
                    throw file.damaged("a segment does not begin where it should");
                }
                int marker = file.u8(at + 1);
                if (marker == 0xFF) {
                    at++;
                } else if (marker == END_OF_IMAGE) {
                    segments.add(new Segment(at, at + 2));
                    return finish(at + 2);
                } else {
                    at = segment(at, marker);
                }
            }
        }

        private JpegSegments finish(int end) {
            if (width == 0 || scans == 0) {
                throw file.damaged("it holds no picture");
            }
            return new JpegSegments(ImageHeader.of(ImageFormat.JPEG, width, height, orientation), segments, end);
        }

        private int segment(int start, int marker) {
            int size = file.u16Big(start + 2);
            int end = start + 2 + size;
            if (size < 2) {
                throw file.damaged("a segment has no length");
            }
            file.requireEnd(end);
            if (isFrame(marker)) {
                frame(start, marker);
            }
            if (marker == EXIF && file.has(start + 4, "Exif\0\0")) {
                orientation = TiffDirectory.orientation(file, start + 10, end);
            }
            if (marker == START_OF_SCAN) {
                scans++;
                if (scans > MAX_SCANS) {
                    throw file.unsupported("has more than " + MAX_SCANS + " scans");
                }
                end = endOfScan(end);
            }
            if (isNeeded(marker, start)) {
                segments.add(new Segment(start, end));
            }
            return end;
        }

        private boolean isNeeded(int marker, int start) {
            boolean isApplication = marker >= APP0 && marker <= APP0 + 15;
            return marker == ADOBE
                    || (marker == APP0 && file.has(start + 4, "JFIF\0"))
                    || (!isApplication && marker != COMMENT);
        }

        private static boolean isFrame(int marker) {
            return marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
        }

        private void frame(int start, int marker) {
            if (marker > 0xC2) {
                throw file.unsupported("is neither baseline nor progressive");
            }
            if (width != 0) {
                throw file.damaged("it has two headers");
            }
            if (file.u8(start + 4) != 8) {
                throw file.unsupported("has more than 8 bits per colour");
            }
            height = file.u16Big(start + 5);
            width = file.u16Big(start + 7);
            if (height == 0 || width == 0) {
                throw file.unsupported("does not state its dimensions");
            }
        }

        /** Compressed data ends at a marker other than a restart; 0xFF in the data is followed by 0. */
        private int endOfScan(int start) {
            int at = start;
            while (true) {
                if (file.u8(at) == 0xFF) {
                    int next = file.u8(at + 1);
                    boolean isRestart = next >= 0xD0 && next <= 0xD7;
                    if (next != 0 && next != 0xFF && !isRestart) {
                        return at;
                    }
                }
                at++;
            }
        }
    }
}
