package dev.herd.api;

import io.quarkus.test.junit.QuarkusTestProfile;
import java.util.Map;

/** A server with the built-in model, which sees, and small limits on pictures. */
public final class ImageWireProfile implements QuarkusTestProfile {
    @Override
    public Map<String, String> getConfigOverrides() {
        return Map.of(
                "herd.context", "4096",
                "herd.images.max-count", "2",
                "herd.images.max-tiles", "40",
                "herd.images.max-bytes", "20000",
                "herd.images.max-pixels", "1000000",
                "herd.images.max-side", "4000",
                "herd.images.ffmpeg", "false");
    }
}
