package dev.herd.cli;

import dev.herd.media.DecodePool;
import dev.herd.media.ImageFile;
import dev.herd.media.MediaBytes;
import dev.herd.media.MediaException;
import dev.herd.media.MediaSettings;
import dev.herd.model.vision.RgbImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/** Picture files that the user names. */
final class ImageFiles {
    private static final Duration PATIENCE = Duration.ofMinutes(1);

    private ImageFiles() {}

    /** The picture in {@code file}, as the server would decode it. */
    static RgbImage decode(Path file) throws IOException {
        if (!Files.isRegularFile(file)) {
            throw new CommandException(file + ": is no file");
        }
        try (DecodePool pool = new DecodePool(1, 1, PATIENCE)) {
            return ImageFile.of(
                            MediaBytes.untyped(Files.readAllBytes(file)),
                            MediaSettings.defaults().image())
                    .decode(pool);
        } catch (MediaException unusable) {
            throw new CommandException(file + ": " + unusable.getMessage(), unusable);
        }
    }
}
