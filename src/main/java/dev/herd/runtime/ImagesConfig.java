package dev.herd.runtime;

import dev.herd.media.FetchPolicy;
import dev.herd.media.ImageLimits;
import dev.herd.media.MediaSettings;
import io.quarkus.runtime.configuration.MemorySize;
import io.smallrye.config.WithDefault;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** The part of the configuration that concerns pictures and videos in requests. */
public interface ImagesConfig {
    /** Whether https: addresses are fetched; data: addresses always work. */
    @WithDefault("false")
    boolean fetch();

    /** Hosts that may be asked; *.example.com stands for all names below. Default: every public host. */
    Optional<List<String>> fetchHosts();

    /** Ports that may be asked. */
    @WithDefault("443")
    Set<@Min(1) @Max(65_535) Integer> fetchPorts();

    /** How long a fetch may take, redirects included. */
    @WithDefault("10s")
    Duration fetchTimeout();

    /** Redirects that are followed; each is judged like the first address. */
    @WithDefault("3")
    @Min(0)
    int fetchRedirects();

    /** Pictures and videos of a request, together. */
    @WithDefault("8")
    @Min(0)
    int maxCount();

    /** Tiles of a request; a picture has up to 17. */
    @WithDefault("160")
    @Min(1)
    int maxTiles();

    /** The largest picture file. */
    @WithDefault("10M")
    MemorySize maxBytes();

    /** The largest video file. */
    @WithDefault("32M")
    MemorySize maxVideoBytes();

    /**
     * Pixels of the largest picture or frame. Decoding takes up to 14 bytes for each. Default: 36 million, or what half
     * of the heap holds of as many pictures as are decoded at a time.
     */
    Optional<@Min(1) @Max(500_000_000) Long> maxPixels();

    /** Pixels of the longest side. */
    @WithDefault("30000")
    @Min(1)
    int maxSide();

    /** Pictures that are decoded at a time. */
    @WithDefault("2")
    @Min(1)
    int decodeThreads();

    /** How long a picture or video may take, the wait for a thread included. */
    @WithDefault("20s")
    Duration decodeTimeout();

    /** Memory for decoded pictures of requests under way. Default: a quarter of the heap. */
    Optional<MemorySize> memory();

    /** Whether videos are decoded by ffmpeg, if it is on the PATH. */
    @WithDefault("true")
    boolean ffmpeg();

    /** What may be fetched. */
    default FetchPolicy fetchPolicy() {
        return new FetchPolicy(fetch(), fetchHosts().orElse(List.of()), fetchPorts(), fetchTimeout(), fetchRedirects());
    }

    /** What pictures and videos may cost. */
    default MediaSettings mediaSettings() {
        return new MediaSettings(
                new ImageLimits(
                        Math.toIntExact(maxBytes().asLongValue()),
                        maxPixels().orElseGet(() -> defaultPixels(decodeThreads())),
                        maxSide()),
                Math.toIntExact(maxVideoBytes().asLongValue()),
                maxCount(),
                maxTiles(),
                decodeThreads(),
                decodeTimeout(),
                ffmpeg());
    }

    private static long defaultPixels(int threads) {
        return Math.min(36_000_000, Runtime.getRuntime().maxMemory() / 2 / 14 / threads);
    }

    /** Bytes for decoded pictures. */
    default long memoryBytes() {
        return memory().map(MemorySize::asLongValue)
                .orElseGet(() -> Runtime.getRuntime().maxMemory() / 4);
    }
}
