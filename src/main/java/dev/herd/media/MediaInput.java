package dev.herd.media;

import dev.herd.model.vision.ImageTiler;
import dev.herd.model.vision.PixelTiles;
import dev.herd.model.vision.RgbImage;
import dev.herd.model.vision.TileLayout;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.function.BiFunction;

/**
 * What one content part shows: a picture, or the frames of a video. What it costs is known; nothing of it is decoded.
 * Immutable.
 */
public final class MediaInput {
    private final List<Shape> shapes;
    private final String contentHash;
    private final Source source;

    private MediaInput(List<Shape> shapes, String contentHash, Source source) {
        this.shapes = List.copyOf(shapes);
        this.contentHash = contentHash;
        this.source = source;
    }

    /** A picture's size in pixels, and how it is cut into tiles. */
    private record Shape(int width, int height, TileLayout layout) {}

    /** Where pixels come from. */
    private interface Source {
        /** What {@code use} makes of each picture, on threads of {@code pool}. */
        <T> List<T> decode(Use<T> use, DecodePool pool);
    }

    /** What is made of a decoded picture, on the thread that has decoded it. */
    private interface Use<T> {
        T of(RgbImage image, int index);
    }

    /** A picture, seen by a model whose tiles have {@code tileSize} pixels a side. */
    static MediaInput picture(ImageFile file, ImageDetail detail, int tileSize) {
        return ofFiles(List.of(file), (width, height) -> detail.ofPicture(width, height, tileSize));
    }

    /** Pictures that are the frames of a video, in order. */
    static MediaInput frames(List<ImageFile> files, ImageDetail detail, int tileSize) {
        return ofFiles(files, (width, height) -> detail.ofFrame(width, height, tileSize));
    }

    private static MediaInput ofFiles(List<ImageFile> files, BiFunction<Integer, Integer, TileLayout> layouts) {
        List<Shape> shapes = files.stream()
                .map(ImageFile::header)
                .map(header ->
                        new Shape(header.width(), header.height(), layouts.apply(header.width(), header.height())))
                .toList();
        return new MediaInput(shapes, hash(files.stream().map(ImageFile::bytes).toList()), new Source() {
            @Override
            public <T> List<T> decode(Use<T> use, DecodePool pool) {
                List<T> decoded = new ArrayList<>();
                for (int i = 0; i < files.size(); i++) {
                    int index = i;
                    decoded.add(pool.run(() -> use.of(files.get(index).decode(), index)));
                }
                return decoded;
            }
        });
    }

    /** Frames of a video. */
    static MediaInput video(VideoFile file, int[] frames, ImageDetail detail, int tileSize) {
        int width = file.info().width();
        int height = file.info().height();
        Shape shape = new Shape(width, height, detail.ofFrame(width, height, tileSize));
        String content = hash(List.of(file.bytes())) + "/" + frames.length;
        return new MediaInput(Collections.nCopies(frames.length, shape), content, new Source() {
            @Override
            public <T> List<T> decode(Use<T> use, DecodePool pool) {
                return file.decode(frames, image -> use.of(image, 0), pool); // all frames have one shape
            }
        });
    }

    static String hash(List<byte[]> files) {
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
    List<TileLayout> layouts() {
        return shapes.stream().map(Shape::layout).toList();
    }

    /** How large each of its pictures is, before it is cut into tiles. */
    public List<Size> sizes() {
        return shapes.stream()
                .map(shape -> new Size(shape.width(), shape.height()))
                .toList();
    }

    /** How many pixels a picture has. */
    public record Size(int width, int height) {
        /** All of them. */
        public long pixels() {
            return (long) width * height;
        }

        /** Bytes of its {@link Pixels}. */
        public long bytes() {
            return 3 * pixels();
        }
    }

    /** Rows and columns of tiles of each of its pictures. */
    public List<Grid> grids() {
        return layouts().stream()
                .map(layout -> new Grid(layout.rows(), layout.columns()))
                .toList();
    }

    /**
     * How many tiles a picture is cut into.
     *
     * @param rows rows of tiles
     * @param columns tiles per row
     */
    public record Grid(int rows, int columns) {}

    /** Tiles of all its pictures. */
    public int tileCount() {
        return shapes.stream().mapToInt(shape -> shape.layout().tileCount()).sum();
    }

    /** A name that only the same picture, cut into the same tiles, has. */
    String key(int index) {
        return contentKey(index) + "/" + shapes.get(index).layout();
    }

    /** A name that only the same picture has, however it is cut. */
    public String contentKey(int index) {
        return contentHash + "/" + index;
    }

    /**
     * The tiles of each picture; waits for threads of {@code pool}.
     *
     * @throws MediaException if it cannot be decoded
     */
    List<PixelTiles> decode(DecodePool pool) {
        return complete(source.decode(
                (image, index) -> ImageTiler.tiles(image, shapes.get(index).layout()), pool));
    }

    /**
     * Each picture as it is; waits for threads of {@code pool}.
     *
     * @throws MediaException if it cannot be decoded
     */
    public List<Pixels> pixels(DecodePool pool) {
        return complete(source.decode((image, index) -> Pixels.of(image), pool));
    }

    private <T> List<T> complete(List<T> decoded) {
        if (decoded.size() != shapes.size()) {
            throw MediaException.damaged("The video has fewer frames than it says.");
        }
        return decoded;
    }
}
