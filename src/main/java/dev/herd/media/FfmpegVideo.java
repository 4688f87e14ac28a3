package dev.herd.media;

import dev.herd.model.vision.RgbImage;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Videos decoded by the machine's {@code ffmpeg}, in a process of its own that can read one private file and nothing else
 * that ffmpeg could be led to: the kind of file, the protocols and the decoders are named, memory and time are bounded,
 * and the environment is empty.
 */
final class FfmpegVideo {
    private static final int MAX_ANSWER_BYTES = 4096;
    private static final long MAX_ALLOCATION = 512L << 20;
    private static final String DECODERS = "h264,hevc,vp8,vp9,av1,libdav1d,mpeg4";

    private final Path ffmpeg;
    private final Path ffprobe;
    private final Duration limit;

    FfmpegVideo(Path ffmpeg, Path ffprobe, Duration limit) {
        this.ffmpeg = ffmpeg;
        this.ffprobe = ffprobe;
        this.limit = limit;
    }

    /** The programs in one of the folders of {@code path}; empty if they are not both there. */
    static Optional<FfmpegVideo> find(String path, Duration limit) {
        return Arrays.stream(path.split(java.io.File.pathSeparator))
                .filter(folder -> !folder.isEmpty())
                .map(Path::of)
                .filter(Path::isAbsolute)
                .filter(folder ->
                        Files.isExecutable(folder.resolve("ffmpeg")) && Files.isExecutable(folder.resolve("ffprobe")))
                .findFirst()
                .map(folder -> new FfmpegVideo(folder.resolve("ffmpeg"), folder.resolve("ffprobe"), limit));
    }

    /**
     * What a file says of itself; its packets are counted, not decoded.
     *
     * @throws MediaException if it is damaged
     */
    VideoInfo probe(byte[] file, VideoFormat format, ImageLimits limits) {
        return withFile(file, path -> {
            List<String> command = new ArrayList<>(List.of(ffprobe.toString(), "-v", "quiet"));
            command.addAll(input(format, path));
            command.addAll(List.of(
                    "-select_streams",
                    "v:0",
                    "-count_packets",
                    "-show_entries",
                    "stream=width,height,nb_read_packets:stream_side_data=rotation",
                    "-of",
                    "default=noprint_wrappers=1"));
            Map<String, Long> answer = run(command, in -> numbers(in.readNBytes(MAX_ANSWER_BYTES)));
            // ffmpeg shows what a camera held upright has recorded the way it is to be seen.
            boolean isTurned = Math.abs(answer.getOrDefault("rotation", 0L)) % 180 == 90;
            return VideoInfo.of(
                    answer.getOrDefault("nb_read_packets", 0L),
                    answer.getOrDefault(isTurned ? "height" : "width", 0L),
                    answer.getOrDefault(isTurned ? "width" : "height", 0L),
                    limits);
        });
    }

    private static Map<String, Long> numbers(byte[] answer) {
        Map<String, Long> numbers = new HashMap<>();
        for (String line :
                new String(answer, StandardCharsets.ISO_8859_1).lines().toList()) {
            String[] field = line.split("=", 2);
            if (field.length == 2 && field[1].matches("-?\\d{1,9}")) {
                numbers.putIfAbsent(field[0], Long.parseLong(field[1]));
            }
        }
        return numbers;
    }

    /**
     * Decodes the frames with these numbers, ascending, and hands each to {@code use}; as many results as numbers.
     *
     * @throws MediaException if the file is damaged
     */
    <T> List<T> decode(byte[] file, VideoFormat format, int[] frames, ImageLimits limits, Function<RgbImage, T> use) {
        return withFile(file, path -> {
            // Frames that are never shown count as packets; where they make the last numbers too high, the last is
            // shown.
            String select = Arrays.stream(frames)
                    .mapToObj(frame -> "eq(n\\," + frame + ")")
                    .collect(Collectors.joining("+", "select=", ",tpad=stop_mode=clone:stop=" + frames.length));
            List<String> command = new ArrayList<>(
                    List.of(ffmpeg.toString(), "-nostdin", "-hide_banner", "-v", "quiet", "-threads", "1"));
            command.addAll(List.of("-timelimit", Long.toString(limit.toSeconds() + 1)));
            command.addAll(input(format, path));
            command.addAll(List.of("-map", "0:v:0", "-vf", select, "-fps_mode", "passthrough"));
            command.addAll(List.of("-frames:v", Integer.toString(frames.length)));
            command.addAll(List.of("-f", "image2pipe", "-c:v", "ppm", "pipe:1"));
            return run(command, in -> {
                List<T> results = new ArrayList<>();
                for (int frame = 0; frame < frames.length; frame++) {
                    results.add(use.apply(PpmPicture.read(in, limits)));
                }
                return results;
            });
        });
    }

    private static List<String> input(VideoFormat format, Path path) {
        return List.of(
                "-max_alloc",
                Long.toString(MAX_ALLOCATION),
                "-protocol_whitelist",
                "file",
                "-codec_whitelist",
                DECODERS,
                "-f",
                format == VideoFormat.MP4 ? "mov" : "matroska",
                "-i",
                "file:" + path);
    }

    /** What is done with a file, or with what a program prints. */
    @FunctionalInterface
    private interface Use<I, O> {
        O apply(I input) throws IOException;
    }

    /** A file that only this user can read, as a video cannot be read from a pipe if its index stands at its end. */
    private static <T> T withFile(byte[] bytes, Use<Path, T> use) {
        try {
            Path path = Files.createTempFile("herd-video", ".bin");
            try {
                Files.write(path, bytes);
                return use.apply(path);
            } finally {
                Files.deleteIfExists(path);
            }
        } catch (IOException failed) {
            throw MediaException.damaged("The video cannot be decoded.");
        }
    }

    private <T> T run(List<String> command, Use<InputStream, T> use) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD);
        builder.environment().clear();
        Process process = builder.start();
        Thread watch = Thread.ofVirtual().start(() -> killAfterLimit(process));
        try (InputStream in = new BufferedInputStream(process.getInputStream())) {
            process.getOutputStream().close();
            return use.apply(in);
        } finally {
            process.destroyForcibly();
            watch.interrupt();
        }
    }

    private void killAfterLimit(Process process) {
        try {
            if (!process.waitFor(limit.toNanos(), TimeUnit.NANOSECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException over) {
            process.destroyForcibly();
        }
    }
}
