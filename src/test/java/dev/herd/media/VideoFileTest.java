package dev.herd.media;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.herd.model.vision.PixelTiles;
import dev.herd.model.vision.RgbImage;
import dev.herd.model.vision.TileLayout;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Videos through ffmpeg, or through a stand-in for it where the machine has none. The committed clips have twelve frames of 64 by 48 pixels whose left half is gray, of level 20 in the first frame and 18
 * more in each that follows.
 */
final class VideoFileTest {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final Optional<FfmpegVideo> FFMPEG =
            FfmpegVideo.find(System.getenv().getOrDefault("PATH", ""), LIMIT);

    @TempDir
    private static Path stand;

    /** A stand-in everywhere; ffmpeg itself too where the machine has it. */
    static Stream<Arguments> clips() throws IOException {
        List<Arguments> clips = new ArrayList<>();
        clips.add(Arguments.of(standIn(stand), "clip.mp4"));
        FFMPEG.ifPresent(ffmpeg -> {
            clips.add(Arguments.of(ffmpeg, "clip.mp4"));
            clips.add(Arguments.of(ffmpeg, "high.mp4"));
            clips.add(Arguments.of(ffmpeg, "clip.webm"));
        });
        return clips.stream();
    }

    /** Programs that know the clips by heart. */
    private static FfmpegVideo standIn(Path folder) throws IOException {
        script(folder.resolve("ffprobe"), "printf 'width=64\nheight=48\nnb_read_packets=12\n'");
        script(folder.resolve("ffmpeg"), """
                for n in $(printf '%s' "$*" | grep -o 'eq(n[^)]*' | grep -o '[0-9]*'); do
                  level=$(printf '\\\\%03o' $((20 + 18 * n)))
                  printf 'P6\\n64 48\\n255\\n'
                  printf "$level%.0s" $(seq 9216)
                done""");
        return FfmpegVideo.find(folder.toString(), LIMIT).orElseThrow();
    }

    private static VideoFile open(FfmpegVideo decoder, byte[] file, DecodePool pool) {
        return VideoFile.of(MediaBytes.untyped(file), Optional.of(decoder), Pictures.LIMITS, pool);
    }

    @ParameterizedTest
    @MethodSource("clips")
    void framesAreTheOnesAskedForInTheirOrder(FfmpegVideo decoder, String name) {
        try (DecodePool pool = new DecodePool(1, 1, LIMIT)) {
            VideoFile file = open(decoder, Pictures.resource(name), pool);
            assertThat(file.info()).isEqualTo(new VideoInfo(12, 64, 48));

            for (int[] frames : new int[][] {{0}, {1, 4, 7, 10}, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}}) {
                List<Integer> levels = file.decode(frames, image -> Pictures.pixel(image, 12, 20), pool);

                assertThat(levels).hasSize(frames.length);
                for (int frame = 0; frame < frames.length; frame++) {
                    for (int shift = 0; shift < 24; shift += 8) {
                        assertThat(levels.get(frame) >> shift & 0xFF).isCloseTo(20 + 18 * frames[frame], within(10));
                    }
                }
            }
        }
    }

    /** The clip as a camera held upright stores it: lying, with the angle at which it is to be shown. */
    @Test
    void turnedVideoHasTheDimensionsOfWhatIsShown() throws IOException {
        Path programs = Files.createDirectory(stand.resolve("turned"));
        script(programs.resolve("ffmpeg"), "exit 1");
        byte[] clip = Pictures.resource("turned.mp4");
        try (DecodePool pool = new DecodePool(1, 1, LIMIT)) {
            for (int rotation : new int[] {-270, -180, -90, 0, 90, 180, 270}) {
                script(
                        programs.resolve("ffprobe"),
                        "printf 'width=64\nheight=48\nnb_read_packets=12\nrotation=" + rotation + "\n'");
                FfmpegVideo program =
                        FfmpegVideo.find(programs.toString(), LIMIT).orElseThrow();
                boolean isTurned = rotation % 180 != 0;

                assertThat(open(program, clip, pool).info())
                        .as("%d degrees", rotation)
                        .isEqualTo(isTurned ? new VideoInfo(12, 48, 64) : new VideoInfo(12, 64, 48));
            }
            FFMPEG.ifPresent(ffmpeg -> {
                VideoFile file = open(ffmpeg, clip, pool);
                RgbImage frame =
                        file.decode(new int[] {3}, image -> image, pool).getFirst();

                assertThat(file.info()).isEqualTo(new VideoInfo(12, 48, 64));
                assertThat(List.of(frame.width(), frame.height())).containsExactly(48, 64);
            });
        }
    }

    @Test
    void brokenOutputOfTheProgramEndsInASentence() throws IOException {
        String[] outputs = {
            "",
            "P6",
            "P6\\n",
            "P5\\n1 1\\n255\\nabc",
            "P6\\n1 1\\n65535\\nabc",
            "P6\\n0 1\\n255\\n",
            "P6\\n1 1\\n255\\nab",
            "P6\\n99999999999 1\\n255\\n",
            "P6\\n5000 1\\n255\\n",
            "P6\\n1 x\\n255\\nabc"
        };
        try (DecodePool pool = new DecodePool(1, 1, LIMIT)) {
            for (String output : outputs) {
                script(stand.resolve("ffprobe"), "printf 'width=64\\nheight=48\\nnb_read_packets=12\\n'");
                script(stand.resolve("ffmpeg"), "printf '" + output + "'");
                VideoFile file = open(
                        FfmpegVideo.find(stand.toString(), LIMIT).orElseThrow(), Pictures.resource("clip.mp4"), pool);

                assertThatThrownBy(() -> file.decode(new int[] {0}, image -> 1, pool))
                        .as(output)
                        .isInstanceOf(MediaException.class)
                        .hasMessageMatching("The .*\\.");
            }
        }
    }

    @ParameterizedTest
    @CsvSource({
        "'', 'The video is damaged: it has no frames.'",
        "'width=1\nheight=1\nnb_read_packets=N/A', 'The video is damaged: it has no frames.'",
        "'width=5000\nheight=1\nnb_read_packets=1', 'The picture is 5000 by 1 pixels; at most 4096 pixels per side are accepted.'",
        "'width=1\nheight=1\nnb_read_packets=108001', The video has more than 108000 frames."
    })
    void headerIsJudgedBeforeDecoding(String answer, String sentence) throws IOException {
        script(stand.resolve("ffprobe"), "printf '" + answer + "'");
        script(stand.resolve("ffmpeg"), "exit 1");
        FfmpegVideo ffmpeg = FfmpegVideo.find(stand.toString(), LIMIT).orElseThrow();

        try (DecodePool pool = new DecodePool(1, 1, LIMIT)) {
            assertThatThrownBy(() -> open(ffmpeg, Pictures.resource("clip.mp4"), pool))
                    .isInstanceOf(MediaException.class)
                    .hasMessage(sentence);
        }
    }

    @Test
    void videoFileWithoutFfmpegIsRefused() {
        try (DecodePool pool = new DecodePool(1, 1, LIMIT)) {
            for (String clip : List.of("clip.mp4", "clip.webm")) {
                assertThatThrownBy(() -> VideoFile.of(
                                MediaBytes.untyped(Pictures.resource(clip)), Optional.empty(), Pictures.LIMITS, pool))
                        .isInstanceOf(MediaException.class)
                        .hasMessageStartingWith("This server has no ffmpeg to decode videos with;");
            }
        }
    }

    @Test
    void otherFilesAndLyingTypesAreRefused() {
        try (DecodePool pool = new DecodePool(1, 1, LIMIT)) {
            assertThatThrownBy(() ->
                            VideoFile.of(MediaBytes.untyped(Pictures.png()), Optional.empty(), Pictures.LIMITS, pool))
                    .hasMessage("The file is no video of a known kind; MP4 and WebM are supported.");
            MediaBytes lying = new MediaBytes(Pictures.resource("clip.mp4"), Optional.of("video/webm"));
            assertThatThrownBy(() -> VideoFile.of(lying, Optional.empty(), Pictures.LIMITS, pool))
                    .hasMessage("The media type says video/webm, but the file is MP4.");
        }
    }

    @ParameterizedTest
    @CsvSource({
        "1, 8, 0",
        "3, 8, 0 1 2",
        "8, 8, 0 1 2 3 4 5 6 7",
        "9, 4, 1 3 5 7",
        "16, 4, 2 6 10 14",
        "100, 1, 50",
        "108000, 3, 18000 54000 90000"
    })
    void sampleLiesInTheMiddlesOfEqualParts(int frames, int wanted, String expected) {
        int[] sample = new VideoInfo(frames, 1, 1).sample(wanted);

        assertThat(sample)
                .containsExactly(Arrays.stream(expected.split(" "))
                        .mapToInt(Integer::parseInt)
                        .toArray());
    }

    @Test
    void listOfPicturesIsAVideoOfTheseFrames() {
        String png = Base64.getEncoder().encodeToString(Pictures.png());
        String jpeg = Base64.getEncoder().encodeToString(Pictures.jpeg());

        try (MediaIntake intake = new MediaIntake(MediaSettings.defaults())) {
            MediaInput all = intake.video(
                    "data:video/jpeg;base64," + png + "," + jpeg + "," + png,
                    OptionalInt.empty(),
                    ImageDetail.AUTO,
                    56,
                    FetchPolicy.OFF);
            MediaInput one = intake.video(
                    "data:video/jpeg;base64," + png + "," + jpeg + "," + png,
                    OptionalInt.of(1),
                    ImageDetail.HIGH,
                    56,
                    FetchPolicy.OFF);

            assertThat(all.layouts()).hasSize(3).allMatch(layout -> layout.tileCount() == 1);
            assertThat(one.layouts()).containsExactly(TileLayout.of(64, 48, 56, 16));
            assertThat(all.decode(intake.pool()))
                    .hasSize(3)
                    .extracting(PixelTiles::count)
                    .containsOnly(1);
            assertThatThrownBy(() -> intake.video(
                            "data:video/jpeg;base64," + ",".repeat(48),
                            OptionalInt.empty(),
                            ImageDetail.AUTO,
                            56,
                            FetchPolicy.OFF))
                    .hasMessageStartingWith("The video has 49 frames; at most 48 are shown");
        }
    }

    @Test
    void programIsGivenOnlyWhatItNeeds(@TempDir Path folder) throws IOException {
        Path log = folder.resolve("log");
        script(
                folder.resolve("ffprobe"),
                "printf '%s\\n' \"$*\" >>" + log + "; env >>" + log
                        + "; printf 'width=2\\nheight=1\\nnb_read_packets=3\\n'");
        script(
                folder.resolve("ffmpeg"),
                "printf '%s\\n' \"$*\" >>" + log + "; printf 'P6\\n2 1\\n255\\nabcdefP6\\n2 1\\n255\\nABCDEF'");
        FfmpegVideo ffmpeg = FfmpegVideo.find(folder + ":/nowhere", LIMIT).orElseThrow();

        try (DecodePool pool = new DecodePool(1, 1, LIMIT)) {
            VideoFile file = open(ffmpeg, Pictures.resource("clip.webm"), pool);
            List<Integer> pixels = file.decode(new int[] {0, 2}, image -> Pictures.pixel(image, 1, 0), pool);

            assertThat(file.info()).isEqualTo(new VideoInfo(3, 2, 1));
            assertThat(pixels).containsExactly(0x646566, 0x444546);
            assertThat(Files.readString(log))
                    .contains(
                            "-protocol_whitelist file -codec_whitelist h264,hevc,vp8,vp9,av1,libdav1d,mpeg4 -f matroska"
                                    + " -i file:/")
                    .contains("-nostdin")
                    .contains("select=eq(n\\,0)+eq(n\\,2),tpad=stop_mode=clone:stop=2")
                    .doesNotContain("HOME=");
            assertThatThrownBy(() -> file.decode(new int[] {0, 1, 2}, image -> 1, pool))
                    .hasMessage("The video cannot be decoded.");
        }
    }

    @Test
    void programThatDoesNotEndIsEnded(@TempDir Path folder) throws IOException {
        script(folder.resolve("ffprobe"), "exec sleep 600");
        script(folder.resolve("ffmpeg"), "exec sleep 600");
        FfmpegVideo ffmpeg =
                FfmpegVideo.find(folder.toString(), Duration.ofMillis(200)).orElseThrow();

        assertThatThrownBy(() -> ffmpeg.probe(new byte[8], VideoFormat.MP4, Pictures.LIMITS))
                .isInstanceOf(MediaException.class);
        assertThatThrownBy(
                        () -> ffmpeg.decode(new byte[8], VideoFormat.MP4, new int[] {0}, Pictures.LIMITS, image -> 1))
                .isInstanceOf(MediaException.class);
    }

    @Test
    void programsAreLookedForInAbsoluteFoldersOnly() {
        assertThat(FfmpegVideo.find("", LIMIT)).isEmpty();
        assertThat(FfmpegVideo.find(".:relative::", LIMIT)).isEmpty();
    }

    private static void script(Path path, String body) throws IOException {
        Files.writeString(path, "#!/bin/sh\n" + body + "\n");
        Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rwx------"));
    }
}
