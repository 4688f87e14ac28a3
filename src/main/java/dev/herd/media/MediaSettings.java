package dev.herd.media;

import java.time.Duration;

/**
 * What pictures and videos may cost.
 *
 * @param image limits of each picture and each frame
 * @param maxVideoBytes bytes of a video file
 * @param maxCount pictures and videos of a request, together
 * @param maxTiles tiles of a request
 * @param decodeThreads pictures that are decoded at a time
 * @param decodeTimeout how long a picture or video may take, the wait for a thread included
 * @param usesFfmpeg whether videos are decoded by the machine's ffmpeg, if it has one
 */
public record MediaSettings(
        ImageLimits image,
        int maxVideoBytes,
        int maxCount,
        int maxTiles,
        int decodeThreads,
        Duration decodeTimeout,
        boolean usesFfmpeg) {
    /** Limits for pictures of one's own. */
    public static MediaSettings defaults() {
        return new MediaSettings(
                new ImageLimits(10 << 20, 36_000_000, 30_000), 32 << 20, 8, 160, 2, Duration.ofSeconds(20), true);
    }
}
