package dev.herd.media;

import dev.herd.model.vision.ImageTiler;
import dev.herd.model.vision.PixelTiles;
import dev.herd.model.vision.TileLayout;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/**
 * What one content part shows: a picture, or the frames of a video. What it costs is known; nothing of it is decoded.
 * Immutable.
 */
public final class MediaInput {
    private final List<TileLayout> layouts;
    private final String contentHash;
    private final Source source;

    private MediaInput(List<TileLayout> layouts, String contentHash, Source source) {
        this.layouts = List.copyOf(layouts);
        this.contentHash = contentHash;
        this.source = source;
    }

    /** Where pixels come from. */
    @FunctionalInterface
    private interface Source {
        List<PixelTiles> decode(DecodePool pool);
    }

    /** A picture, seen by a model whose tiles have {@code tileSize} pixels a side. */
    static MediaInput picture(ImageFile file, ImageDetail detail, int tileSize) {
        TileLayout layout =
                detail.ofPicture(file.header().width(), file.header().height(), tileSize);
        return new MediaInput(
                List.of(layout), hash(List.of(file.bytes())), pool -> List.of(decode(file, layout, pool)));
    }

    /** Pictures that are the frames of a video, in order. */
    static MediaInput frames(List<ImageFile> files, ImageDetail detail, int tileSize) {
        List<TileLayout> layouts = files.stream()
                .map(file -> detail.ofFrame(file.header().width(), file.header().height(), tileSize))
                .toList();
        return new MediaInput(layouts, hash(files.stream().map(ImageFile::bytes).toList()), pool -> {
            List<PixelTiles> tiles = new ArrayList<>();
            for (int frame = 0; frame < files.size(); frame++) {
                tiles.add(decode(files.get(frame), layouts.get(frame), pool));
            }
            return tiles;
        });
    }

    /** Frames of a video. */
    static MediaInput video(VideoFile file, int[] frames, ImageDetail detail, int tileSize) {
        TileLayout layout = detail.ofFrame(file.info().width(), file.info().height(), tileSize);
        List<TileLayout> layouts = new ArrayList<>();
        for (int frame = 0; frame < frames.length; frame++) {
            layouts.add(layout);
        }
        return new MediaInput(
                layouts,
                hash(List.of(file.bytes())) + "/" + frames.length,
                pool -> file.decode(frames, image -> ImageTiler.tiles(image, layout), pool));
    }

    private static PixelTiles decode(ImageFile file, TileLayout layout, DecodePool pool) {
        return pool.run(() -> ImageTiler.tiles(file.decode(), layout));
    }

    private static String hash(List<byte[]> files) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            files.forEach(file -> {
                digest.update(Integer.toString(file.length).getBytes(java.nio.charset.StandardCharsets.US_ASCII));
                digest.update(file);
            });
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException("every Java has SHA-256", impossible);
        }
    }

    /** How each of its pictures is cut into tiles. */
    public List<TileLayout> layouts() {
        return layouts;
    }

    /** Tiles of all its pictures. */
    public int tileCount() {
        return layouts.stream().mapToInt(TileLayout::tileCount).sum();
    }

    /** A name that only the same picture, cut into the same tiles, has. */
    String key(int index) {
        return contentHash + "/" + index + "/" + layouts.get(index);
    }

    /**
     * The tiles of each picture; waits for threads of {@code pool}.
     *
     * @throws MediaException if it cannot be decoded
     */
    List<PixelTiles> decode(DecodePool pool) {
        List<PixelTiles> tiles = source.decode(pool);
        if (tiles.size() != layouts.size()) {
            throw MediaException.damaged("The video has fewer frames than it says.");
        }
        return tiles;
    }
}
