package dev.herd.media;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.zip.CRC32;

/**
 * The sections of a PNG file (its specification calls them chunks): their bounds and checksums, and the dimensions.
 *
 * @param header dimensions
 * @param sections bounds of the sections that decoding needs
 */
record PngSections(ImageHeader header, List<Section> sections) {
    static final String SIGNATURE = "\u0089PNG\r\n\u001a\n";

    private static final Set<String> NEEDED = Set.of("IHDR", "PLTE", "tRNS", "IDAT", "IEND");
    private static final String EXIF = "eXIf";
    /** Length and name before the data, checksum behind it. */
    private static final int FRAME = 12;

    private static final int HEADER_BYTES = 13;

    /** A section from {@code start} to {@code end}, exclusive, frame included. */
    record Section(int start, int end) {}

    static PngSections read(FileBytes file) {
        int at = SIGNATURE.length();
        if (!file.has(at + 4, "IHDR") || file.u32Big(at) != HEADER_BYTES) {
            throw file.damaged("it does not begin with its header");
        }
        long width = file.u32Big(at + 8);
        long height = file.u32Big(at + 12);
        List<Section> sections = new ArrayList<>();
        int orientation = 1;
        String name = "";
        while (!name.equals("IEND")) {
            long size = file.u32Big(at);
            name = name(file, at + 4);
            file.requireEnd(at + size + FRAME);
            int end = at + (int) size + FRAME;
            if (NEEDED.contains(name)) {
                sections.add(new Section(at, end));
            } else if (name.equals(EXIF)) {
                orientation = TiffDirectory.orientation(file, at + 8, end - 4);
            } else if (Character.isUpperCase(name.charAt(0))) {
                throw file.unsupported("needs the extension " + name);
            }
            at = end;
        }
        return new PngSections(ImageHeader.of(ImageFormat.PNG, width, height, orientation), sections);
    }

    private static String name(FileBytes file, int at) {
        StringBuilder name = new StringBuilder();
        for (int i = 0; i < 4; i++) {
            char letter = (char) file.u8(at + i);
            if (!(letter >= 'a' && letter <= 'z') && !(letter >= 'A' && letter <= 'Z')) {
                throw file.damaged("a section has no name");
            }
            name.append(letter);
        }
        return name.toString();
    }

    /** The file with only the needed sections, whose checksums hold. */
    byte[] essence(byte[] file) {
        ByteArrayOutputStream essence = new ByteArrayOutputStream(file.length);
        essence.write(file, 0, SIGNATURE.length());
        FileBytes bytes = new FileBytes(header.format().toString(), file);
        for (Section section : sections) {
            CRC32 checksum = new CRC32();
            checksum.update(file, section.start() + 4, section.end() - section.start() - 8);
            if (checksum.getValue() != bytes.u32Big(section.end() - 4)) {
                throw bytes.damaged("a checksum does not match");
            }
            essence.write(file, section.start(), section.end() - section.start());
        }
        ForeignTail.refuse(file, sections.getLast().end(), header.format().toString());
        return essence.toByteArray();
    }
}
