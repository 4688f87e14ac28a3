package dev.herd.media;

import dev.herd.model.vision.RgbImage;
import java.util.List;
import java.util.function.Function;

/** Decodes videos; safe for use by many threads. */
interface VideoDecoder {
    /** Whether it reads this kind of file. */
    boolean reads(VideoFormat format);

    /**
     * What the file says of itself; nothing is decoded.
     *
     * @throws MediaException if it is damaged, or not to be decoded here
     */
    VideoInfo probe(byte[] file, VideoFormat format, ImageLimits limits);

    /**
     * Decodes the frames with these numbers, ascending, and hands each to {@code use}, whatever their order; the results
     * are in the order of the numbers. Ends when its thread is interrupted.
     *
     * @throws MediaException if the file is damaged
     */
    <T> List<T> decode(byte[] file, VideoFormat format, int[] frames, ImageLimits limits, Function<RgbImage, T> use)
            throws InterruptedException;
}
