package dev.herd.api;

import dev.herd.media.MediaInput.Size;
import dev.herd.media.Pixels;
import dev.herd.safety.GuardImage;
import java.util.Optional;

/**
 * A picture as guards see it.
 *
 * @param pixels empty if no guard is going to look at them
 */
record GuardPicture(Size size, String key, Optional<Pixels> pixels) implements GuardImage {
    @Override
    public int width() {
        return size.width();
    }

    @Override
    public int height() {
        return size.height();
    }

    @Override
    public byte[] rgb() {
        return pixels.orElseThrow(() -> new IllegalStateException("nobody was to look at this picture"))
                .rgb();
    }
}
