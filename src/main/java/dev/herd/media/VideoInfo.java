package dev.herd.media;

/**
 * What a video says of itself.
 *
 * @param frames how many frames it has
 * @param width pixels per row of a frame
 * @param height rows of a frame
 */
record VideoInfo(int frames, int width, int height) {
    /** More frames than a video has that is worth looking at as a whole: an hour at 30 a second. */
    private static final int MOST = 108_000;

    static VideoInfo of(long frames, long width, long height, ImageLimits limits) {
        if (frames < 1 || width < 1 || height < 1) {
            throw MediaException.damaged("The video is damaged: it has no frames.");
        }
        if (frames > MOST) {
            throw MediaException.tooLarge("The video has more than " + MOST + " frames.");
        }
        limits.requirePixels(width, height);
        return new VideoInfo((int) frames, (int) width, (int) height);
    }

    /** {@code wanted} frames in the middles of as many equal parts of the video; all if it has no more. */
    int[] sample(int wanted) {
        int count = Math.min(wanted, frames);
        int[] sample = new int[count];
        for (int index = 0; index < count; index++) {
            sample[index] = (int) ((2L * index + 1) * frames / (2L * count));
        }
        return sample;
    }
}
