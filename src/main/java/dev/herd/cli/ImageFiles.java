package dev.herd.cli;

import dev.herd.media.ImageFile;
import dev.herd.media.MediaBytes;
import dev.herd.media.MediaException;
import dev.herd.media.MediaSettings;
import dev.herd.model.vision.RgbImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** Picture files that the user names. */
final class ImageFiles {
    private ImageFiles() {}

    /** The picture in {@code file}, laid over white where it is transparent. */
    static RgbImage decode(Path file) throws IOException {
        try {
            return open(file).decode();
        } catch (MediaException refused) {
            throw new CommandException(file + ": " + refused.getMessage(), refused);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new CommandException("interrupted", interrupted);
        }
    }

    /** A {@code data:} address of the picture in {@code file}. */
    static String dataUrl(Path file) throws IOException {
        try {
            return open(file).dataUrl();
        } catch (MediaException refused) {
            throw new CommandException(file + ": " + refused.getMessage(), refused);
        }
    }

    private static ImageFile open(Path file) throws IOException {
        if (!Files.isRegularFile(file)) {
            throw new CommandException(file + ": is no file");
        }
        return ImageFile.of(
                new MediaBytes(Files.readAllBytes(file), Optional.empty()),
                MediaSettings.defaults().image());
    }
}
