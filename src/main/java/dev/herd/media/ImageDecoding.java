package dev.herd.media;

import com.twelvemonkeys.imageio.stream.ByteArrayImageInputStream;
import dev.herd.model.vision.RgbImage;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.util.Locale;
import javax.imageio.ImageReader;
import javax.imageio.event.IIOReadProgressListener;
import javax.imageio.event.IIOReadWarningListener;
import javax.imageio.stream.ImageInputStream;
import org.jspecify.annotations.Nullable;

/** One decoding of a picture; interrupting its thread ends it between two rows. */
final class ImageDecoding implements IIOReadProgressListener, IIOReadWarningListener {
    private final ImageHeader header;
    private final FileBytes file;
    private final byte[] essence;
    private @Nullable String complaint;

    ImageDecoding(ImageHeader header, byte[] essence) {
        this.header = header;
        this.essence = essence;
        this.file = new FileBytes(header.format().toString(), essence);
    }

    /** The picture as it is to be shown. */
    RgbImage decode() throws InterruptedException {
        BufferedImage image;
        try {
            image = read();
        } catch (IOException | RuntimeException damaged) {
            throw file.damaged("its picture cannot be decoded");
        }
        if (Thread.interrupted()) {
            throw new InterruptedException();
        }
        if (complaint != null) {
            throw file.brokenOff();
        }
        return Orientation.apply(toRgb(image), header.orientation());
    }

    private BufferedImage read() throws IOException {
        ImageReader reader = ImageReaders.open(header.format());
        try (ImageInputStream in = new ByteArrayImageInputStream(essence)) {
            reader.addIIOReadProgressListener(this);
            reader.addIIOReadWarningListener(this);
            reader.setInput(in, true, true);
            return reader.read(0);
        } finally {
            reader.dispose();
        }
    }

    private RgbImage toRgb(BufferedImage image) {
        int left = 0;
        int top = 0;
        int width = header.storedWidth();
        int height = header.storedHeight();
        if (header.format() == ImageFormat.GIF) {
            GifScreen screen = GifScreen.read(file);
            left = screen.left();
            top = screen.top();
            width = screen.width();
            height = screen.height();
        }
        if (image.getWidth() != width || image.getHeight() != height) {
            throw file.damaged("it claims other dimensions than it has");
        }
        return RgbConversion.onWhite(image, left, top, header.storedWidth(), header.storedHeight());
    }

    /** The decoders go on with grey where data is missing; of what else they complain, pictures look as they should. */
    @Override
    public void warningOccurred(ImageReader source, String warning) {
        String lower = warning.toLowerCase(Locale.ROOT);
        if (lower.contains("premature") || lower.contains("truncated") || lower.contains("end of file")) {
            complaint = warning;
        }
    }

    @Override
    public void imageProgress(ImageReader source, float percentageDone) {
        if (Thread.currentThread().isInterrupted()) {
            source.abort();
        }
    }

    @Override
    public void sequenceStarted(ImageReader source, int minIndex) {}

    @Override
    public void sequenceComplete(ImageReader source) {}

    @Override
    public void imageStarted(ImageReader source, int imageIndex) {}

    @Override
    public void imageComplete(ImageReader source) {}

    @Override
    public void thumbnailStarted(ImageReader source, int imageIndex, int thumbnailIndex) {}

    @Override
    public void thumbnailProgress(ImageReader source, float percentageDone) {}

    @Override
    public void thumbnailComplete(ImageReader source) {}

    @Override
    public void readAborted(ImageReader source) {}
}
