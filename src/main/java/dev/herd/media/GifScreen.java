package dev.herd.media;

/**
 * The screen of a GIF file and where its first frame lies on it.
 *
 * @param header dimensions of the screen
 * @param left column of the frame's first pixel
 * @param top its row
 * @param width pixels per row of the frame
 * @param height its rows
 */
record GifScreen(ImageHeader header, int left, int top, int width, int height) {
    private static final int SCREEN_END = 13;
    private static final int EXTENSION = 0x21;
    private static final int FRAME = 0x2C;

    static GifScreen read(FileBytes file) {
        int at = SCREEN_END + paletteBytes(file.u8(10));
        while (file.u8(at) == EXTENSION) {
            at += 2;
            while (file.u8(at) != 0) {
                at += file.u8(at) + 1;
            }
            at++;
        }
        if (file.u8(at) != FRAME) {
            throw file.damaged("it holds no picture");
        }
        int left = file.u16Little(at + 1);
        int top = file.u16Little(at + 3);
        int width = file.u16Little(at + 5);
        int height = file.u16Little(at + 7);
        ImageHeader header = ImageHeader.of(ImageFormat.GIF, file.u16Little(6), file.u16Little(8), 1);
        if (width == 0 || height == 0 || left + width > header.storedWidth() || top + height > header.storedHeight()) {
            throw file.damaged("its first frame lies outside its screen");
        }
        return new GifScreen(header, left, top, width, height);
    }

    private static int paletteBytes(int flags) {
        return (flags & 0x80) == 0 ? 0 : 3 << ((flags & 7) + 1);
    }
}
