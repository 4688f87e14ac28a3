package dev.herd.weights;

import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.Objects;

/** Where the fixtures of the reference model lie. */
final class GoldenFiles {
    private GoldenFiles() {}

    /** The directory of {@code scout}, {@code maverick} or {@code guard}. */
    static Path directory(String kind) {
        try {
            Path config =
                    Path.of(Objects.requireNonNull(GoldenFiles.class.getResource("/golden/" + kind + "/config.json"))
                            .toURI());
            return Objects.requireNonNull(config.getParent());
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }
}
