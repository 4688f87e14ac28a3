package dev.herd.media;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** The way of pictures and videos from an address to what a prompt shows of them. Safe for use by many threads. */
public final class MediaIntake implements AutoCloseable {
    /** Frames of a video unless asked otherwise. */
    public static final int DEFAULT_FRAMES = 8;

    /** Most frames of a video; the model was trained with no more. */
    public static final int MAX_FRAMES = 48;

    /** Media type of a list of pictures that are the frames of a video. */
    private static final String FRAME_LIST = "data:video/jpeg;base64,";

    private static final int DECODES_WAITING = 64;

    private final MediaSettings settings;
    private final DecodePool pool;
    private final MediaFetcher fetcher;
    private final Optional<FfmpegVideo> ffmpeg;

    /** An intake with threads of its own. */
    public MediaIntake(MediaSettings settings) {
        this.settings = settings;
        this.pool = new DecodePool(settings.decodeThreads(), DECODES_WAITING, settings.decodeTimeout());
        this.fetcher = MediaFetcher.create();
        this.ffmpeg = settings.usesFfmpeg()
                ? FfmpegVideo.find(System.getenv().getOrDefault("PATH", ""), settings.decodeTimeout())
                : Optional.empty();
    }

    /** What pictures and videos may cost. */
    public MediaSettings settings() {
        return settings;
    }

    /** The threads that decode. */
    public DecodePool pool() {
        return pool;
    }

    /** Whether video files can be decoded. */
    public boolean decodesVideos() {
        return ffmpeg.isPresent();
    }

    /**
     * The picture at {@code url}, a {@code data:} or {@code https:} address.
     *
     * @param tileSize pixels per side of the model's tiles
     * @throws MediaException if there is none that is accepted
     */
    public MediaInput picture(String url, ImageDetail detail, int tileSize, FetchPolicy policy) {
        return MediaInput.picture(file(url, policy), detail, tileSize);
    }

    /**
     * The file at {@code url}, a {@code data:} or {@code https:} address; not decoded.
     *
     * @throws MediaException if there is no picture that is accepted
     */
    public ImageFile file(String url, FetchPolicy policy) {
        return ImageFile.of(read(url, policy, settings.image().maxBytes()), settings.image());
    }

    /**
     * The pixels of a picture; waits until they are decoded.
     *
     * @throws MediaException if it cannot be decoded
     */
    public Pixels pixels(ImageFile file) {
        return Pixels.of(pool.run(file::decode));
    }

    /** The picture in a file that has been read already. */
    public MediaInput picture(byte[] file, ImageDetail detail, int tileSize) {
        return MediaInput.picture(ImageFile.of(MediaBytes.untyped(file), settings.image()), detail, tileSize);
    }

    /**
     * Frames of the video at {@code url}: a {@code data:} or {@code https:} address of an MP4 or WebM file, or
     * {@code data:video/jpeg;base64,} with pictures separated by commas, which are the frames.
     *
     * @param frames how many, evenly spaced; if empty, {@value #DEFAULT_FRAMES} of a file and all of a list
     * @throws MediaException if there is none that is accepted
     */
    public MediaInput video(String url, OptionalInt frames, ImageDetail detail, int tileSize, FetchPolicy policy) {
        if (url.regionMatches(true, 0, FRAME_LIST, 0, FRAME_LIST.length())) {
            return frameList(url.substring(FRAME_LIST.length()), frames, detail, tileSize);
        }
        MediaBytes bytes = read(url, policy, settings.maxVideoBytes());
        VideoFile file = VideoFile.of(bytes, ffmpeg, settings.image(), pool);
        return MediaInput.video(file, file.info().sample(frames.orElse(DEFAULT_FRAMES)), detail, tileSize);
    }

    private MediaInput frameList(String list, OptionalInt frames, ImageDetail detail, int tileSize) {
        String[] pictures = list.split(",", -1);
        if (pictures.length > MAX_FRAMES && frames.isEmpty()) {
            throw MediaException.tooLarge("The video has " + pictures.length + " frames; at most " + MAX_FRAMES
                    + " are shown, so say how many are wanted.");
        }
        ImageLimits limits = settings.image();
        List<ImageFile> files = Arrays.stream(new VideoInfo(pictures.length, 1, 1).sample(frames.orElse(MAX_FRAMES)))
                .mapToObj(index -> DataUrl.decode("data:image/jpeg;base64," + pictures[index], limits.maxBytes()))
                .map(file -> ImageFile.of(MediaBytes.untyped(file.bytes()), limits))
                .toList();
        return MediaInput.frames(files, detail, tileSize);
    }

    private MediaBytes read(String url, FetchPolicy policy, int maxBytes) {
        if (!DataUrl.isOne(url)) {
            return fetcher.fetch(url, policy, maxBytes);
        }
        return DataUrl.decode(url, maxBytes);
    }

    @Override
    public void close() {
        pool.close();
        fetcher.close();
    }
}
