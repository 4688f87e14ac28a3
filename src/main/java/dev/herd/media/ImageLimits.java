package dev.herd.media;

/**
 * What a picture may cost; judged from its header.
 *
 * @param maxBytes bytes of the file
 * @param maxPixels pixels of the picture; decoding takes up to 14 bytes for each
 * @param maxSide pixels of the longer side
 */
public record ImageLimits(int maxBytes, long maxPixels, int maxSide) {
    /** Throws if a file is too large. */
    void requireBytes(long bytes) {
        if (bytes > maxBytes) {
            throw MediaException.tooLarge("The file is larger than " + maxBytes + " bytes.");
        }
    }

    /** Throws if a picture is too large. */
    void requirePixels(long width, long height) {
        if (width > maxSide || height > maxSide) {
            throw MediaException.tooLarge("The picture is " + width + " by " + height + " pixels; at most " + maxSide
                    + " pixels per side are accepted.");
        }
        if (width * height > maxPixels) {
            throw MediaException.tooLarge("The picture is " + width + " by " + height + " pixels; at most " + maxPixels
                    + " pixels are accepted.");
        }
    }
}
