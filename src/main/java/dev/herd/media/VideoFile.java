package dev.herd.media;

import dev.herd.model.vision.RgbImage;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/** A video file whose header has been judged; nothing of it is decoded yet. Immutable. */
final class VideoFile {
    private final byte[] bytes;
    private final VideoFormat format;
    private final VideoInfo info;
    private final FfmpegVideo decoder;
    private final ImageLimits limits;

    private VideoFile(byte[] bytes, VideoFormat format, VideoInfo info, FfmpegVideo decoder, ImageLimits limits) {
        this.bytes = bytes;
        this.format = format;
        this.info = info;
        this.decoder = decoder;
        this.limits = limits;
    }

    /**
     * Lets the decoder read the header of {@code file}.
     *
     * @param ffmpeg the decoder, if the machine has it
     * @param limits of each frame
     * @throws MediaException if this is no video that is accepted, or nothing here decodes it
     */
    static VideoFile of(MediaBytes file, Optional<FfmpegVideo> ffmpeg, ImageLimits limits, DecodePool pool) {
        VideoFormat format = VideoFormat.of(file.bytes());
        file.requireType("video", format::hasMediaType, format.toString());
        FfmpegVideo decoder = ffmpeg.orElseThrow(() -> MediaException.invalidFormat(
                "This server has no ffmpeg to decode videos with; send the frames as pictures,"
                        + " data:video/jpeg;base64,FIRST,SECOND,… in base64."));
        VideoInfo info = pool.run(() -> decoder.probe(file.bytes(), format, limits));
        return new VideoFile(file.bytes(), format, info, decoder, limits);
    }

    VideoInfo info() {
        return info;
    }

    byte[] bytes() {
        return bytes;
    }

    /** Decodes frames on a thread of {@code pool}; see {@link FfmpegVideo#decode}. */
    <T> List<T> decode(int[] frames, Function<RgbImage, T> use, DecodePool pool) {
        return pool.run(() -> decoder.decode(bytes, format, frames, limits, use));
    }
}
