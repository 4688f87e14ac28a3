package dev.herd.media;

import com.twelvemonkeys.imageio.plugins.jpeg.JPEGImageReaderSpi;
import com.twelvemonkeys.imageio.plugins.tiff.TIFFImageReaderSpi;
import com.twelvemonkeys.imageio.plugins.webp.WebPImageReaderSpi;
import java.io.IOException;
import java.util.Iterator;
import javax.imageio.ImageReader;
import javax.imageio.spi.IIORegistry;
import javax.imageio.spi.ImageReaderSpi;

/** The reader of each kind of picture: TwelveMonkeys' where the JDK has none or reads less, else the JDK's own. */
final class ImageReaders {
    private ImageReaders() {}

    static ImageReader open(ImageFormat format) throws IOException {
        ImageReaderSpi provider = switch (format) {
            case JPEG -> jpeg();
            case WEBP -> new WebPImageReaderSpi();
            case TIFF -> new TIFFImageReaderSpi();
            case PNG -> ofJdk("png");
            case GIF -> ofJdk("gif");
            case BMP -> ofJdk("bmp");
        };
        return provider.createReaderInstance();
    }

    /** It finds the JDK's reader, which does the decoding, when it is told of a registry. */
    private static ImageReaderSpi jpeg() {
        JPEGImageReaderSpi provider = new JPEGImageReaderSpi();
        provider.onRegistration(IIORegistry.getDefaultInstance(), ImageReaderSpi.class);
        return provider;
    }

    /** By vendor, since what else the registry knows depends on the class loader that first asked it. */
    private static ImageReaderSpi ofJdk(String formatName) {
        Iterator<ImageReaderSpi> providers =
                IIORegistry.getDefaultInstance().getServiceProviders(ImageReaderSpi.class, false);
        while (providers.hasNext()) {
            ImageReaderSpi provider = providers.next();
            if (provider.getClass().getName().startsWith("com.sun.imageio.")
                    && provider.getFormatNames()[0].equalsIgnoreCase(formatName)) {
                return provider;
            }
        }
        throw new IllegalStateException("this Java has no reader for " + formatName + " pictures");
    }
}
