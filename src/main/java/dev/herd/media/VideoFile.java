package dev.herd.media;

import dev.herd.model.vision.RgbImage;
import java.util.List;
import java.util.function.Function;

/** A video file whose header has been judged; nothing of it is decoded yet. Immutable. */
final class VideoFile {
    private final byte[] bytes;
    private final VideoFormat format;
    private final VideoInfo info;
    private final VideoDecoder decoder;
    private final ImageLimits limits;

    private VideoFile(byte[] bytes, VideoFormat format, VideoInfo info, VideoDecoder decoder, ImageLimits limits) {
        this.bytes = bytes;
        this.format = format;
        this.info = info;
        this.decoder = decoder;
        this.limits = limits;
    }

    /**
     * Finds a decoder for {@code file} and lets it read the header.
     *
     * @param limits of each frame
     * @throws MediaException if this is no video that is accepted, or nothing here decodes it
     */
    static VideoFile of(MediaBytes file, List<VideoDecoder> decoders, ImageLimits limits, DecodePool pool) {
        VideoFormat format = VideoFormat.of(file.bytes());
        file.requireType("video", format::hasMediaType, format.toString());
        VideoDecoder decoder = decoders.stream()
                .filter(each -> each.reads(format))
                .findFirst()
                .orElseThrow(() -> MediaException.invalidFormat(
                        "This server has no decoder for " + format + "; send MP4 with H.264."));
        VideoInfo info = pool.run(() -> decoder.probe(file.bytes(), format, limits));
        return new VideoFile(file.bytes(), format, info, decoder, limits);
    }

    VideoInfo info() {
        return info;
    }

    byte[] bytes() {
        return bytes;
    }

    /** Decodes frames on a thread of {@code pool}; see {@link VideoDecoder#decode}. */
    <T> List<T> decode(int[] frames, Function<RgbImage, T> use, DecodePool pool) {
        return pool.run(() -> decoder.decode(bytes, format, frames, limits, use));
    }
}
