package dev.herd.media;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.sun.management.ThreadMXBean;
import dev.herd.media.MediaException.Reason;
import java.awt.image.BufferedImage;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class HostileImageTest {
    @Test
    void hugeOneBitPngIsRefusedBeforeAnythingIsDecoded() {
        byte[] huge = Pictures.hugePng();
        assertThat(huge.length).isLessThan(100_000);
        ThreadMXBean threads = ManagementFactory.getPlatformMXBean(ThreadMXBean.class);
        ImageLimits limits = new ImageLimits(1 << 20, 36_000_000, 32_768);

        long before = threads.getCurrentThreadAllocatedBytes();
        MediaException refused =
                catchThrowableOfType(MediaException.class, () -> ImageFile.of(MediaBytes.untyped(huge), limits));
        long allocated = threads.getCurrentThreadAllocatedBytes() - before;

        assertThat(refused.reason()).isEqualTo(Reason.TOO_LARGE);
        assertThat(refused).hasMessage("The picture is 20000 by 20000 pixels; at most 36000000 pixels are accepted.");
        assertThat(allocated).isLessThan(4 << 20);
    }

    @Test
    void longSideIsRefused() {
        assertThatThrownBy(() -> ImageFile.of(
                        MediaBytes.untyped(Pictures.rawPng(5000, 1, 8, 0, new byte[5001])), Pictures.LIMITS))
                .isInstanceOf(MediaException.class)
                .hasMessage("The picture is 5000 by 1 pixels; at most 4096 pixels per side are accepted.");
    }

    @Test
    void fileBeyondItsBudgetIsRefused() {
        assertThatThrownBy(() -> ImageFile.of(MediaBytes.untyped(Pictures.png()), new ImageLimits(100, 1000, 1000)))
                .isInstanceOf(MediaException.class)
                .hasMessage("The file is larger than 100 bytes.");
    }

    @ParameterizedTest
    @ValueSource(strings = {"png", "jpeg", "gif", "bmp", "tiff", "webp"})
    void truncatedFileIsRefused(String format) {
        byte[] whole = whole(format);

        for (int length : new int[] {3, 12, 20, 40, whole.length / 2, whole.length * 9 / 10}) {
            byte[] part = Arrays.copyOf(whole, length);

            assertThatThrownBy(() -> Pictures.decode(part))
                    .as("%s of %d bytes", format, length)
                    .isInstanceOf(MediaException.class)
                    .hasMessageMatching("The .*\\.");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"png", "jpeg", "gif", "bmp", "tiff", "webp"})
    void damagedFileEndsInAPictureOrASentence(String format) throws InterruptedException {
        byte[] whole = whole(format);
        long seed = 20_26;
        Random random = new Random(seed);
        int refused = 0;
        for (int round = 0; round < 300; round++) {
            byte[] damaged = whole.clone();
            for (int hits = 0; hits < 4; hits++) {
                damaged[random.nextInt(round % 2 == 0 ? damaged.length : 64)] = (byte) random.nextInt(256);
            }
            try {
                assertThat(Pictures.decode(damaged).rgb().length).isPositive();
            } catch (MediaException sentence) {
                refused++;
                assertThat(sentence.getMessage())
                        .as("seed %d round %d", seed, round)
                        .endsWith(".");
            }
        }
        assertThat(refused).isPositive();
    }

    @Test
    void pngWhoseHeaderLiesIsRefused() {
        byte[] lying = Pictures.rawPng(100, 100, 8, 2, new byte[301]);
        byte[] patched = Pictures.png();
        patched[19] = 63;

        assertThatThrownBy(() -> Pictures.decode(lying))
                .isInstanceOf(MediaException.class)
                .hasMessage("The PNG file is damaged: its picture cannot be decoded.");
        assertThatThrownBy(() -> Pictures.decode(patched))
                .isInstanceOf(MediaException.class)
                .hasMessage("The PNG file is damaged: a checksum does not match.");
    }

    @Test
    void jpegWhoseHeaderLiesIsRefused() {
        byte[] lying = Pictures.jpeg();
        for (int at = 2; at < lying.length; at++) {
            if ((lying[at] & 0xFF) == 0xFF && (lying[at + 1] & 0xFF) == 0xC0) {
                lying[at + 5] = 8;
                break;
            }
        }

        assertThatThrownBy(() -> Pictures.decode(lying)).isInstanceOf(MediaException.class);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "<svg xmlns='http://www.w3.org/2000/svg'/>",
                "\u00ef\u00bb\u00bf<?xml version='1.0'?><svg/>",
                " \n<!DOCTYPE html><html></html>",
                "\u00ff\u00fe<\0s\0v\0g\0"
            })
    void markupIsRefused(String text) {
        assertThatThrownBy(() -> Pictures.decode(Pictures.latin(text)))
                .isInstanceOf(MediaException.class)
                .hasMessageStartingWith("The file is markup (SVG, XML or HTML), not a picture;");
    }

    @ParameterizedTest
    @CsvSource({
        "'', The picture is empty.",
        "'\0\0\0\u0018ftypheic', 'HEIC, AVIF and videos are no pictures here; JPEG, PNG, WebP, GIF, BMP and TIFF are supported.'",
        "'%PDF-1.7', 'The file is no picture of a known kind; JPEG, PNG, WebP, GIF, BMP and TIFF are supported.'"
    })
    void otherFilesAreRefused(String text, String sentence) {
        assertThatThrownBy(() -> Pictures.decode(Pictures.latin(text)))
                .isInstanceOf(MediaException.class)
                .hasMessage(sentence);
    }

    @ParameterizedTest
    @ValueSource(strings = {"PK\u0003\u0004zip", "<html><script>x</script>", "%PDF-1.4", "\n<?php ?>"})
    void pictureThatIsSomethingElseAsWellIsRefused(String tail) {
        for (byte[] picture : new byte[][] {Pictures.png(), Pictures.jpeg()}) {
            assertThatThrownBy(() -> Pictures.decode(Pictures.join(picture, Pictures.latin(tail))))
                    .isInstanceOf(MediaException.class)
                    .hasMessageContaining("has a file of another kind behind its end");
        }
    }

    @Test
    void previewBehindAJpegIsDropped() throws InterruptedException {
        byte[] picture = Pictures.jpeg();

        assertThat(Pictures.decode(Pictures.join(picture, Pictures.jpeg())).rgb())
                .isEqualTo(Pictures.decode(picture).rgb());
    }

    @Test
    void mediaTypeThatLiesIsRefused() {
        assertThatThrownBy(
                        () -> ImageFile.of(new MediaBytes(Pictures.jpeg(), Optional.of("image/png")), Pictures.LIMITS))
                .isInstanceOf(MediaException.class)
                .hasMessage("The media type says image/png, but the file is JPEG.");
        assertThatThrownBy(
                        () -> ImageFile.of(new MediaBytes(Pictures.png(), Optional.of("text/html")), Pictures.LIMITS))
                .isInstanceOf(MediaException.class)
                .hasMessage("The media type says text/html, but the file is PNG.");
    }

    @Test
    void compressedTextOfAnySizeIsNotLookedAt() throws InterruptedException {
        byte[] bomb = Pictures.section("zTXt", Pictures.join(Pictures.latin("k\0\0"), Pictures.hugePng()));
        byte[] palette = Pictures.section("PLTE", new byte[] {1, 2, 3});

        assertThat(Pictures.pixel(Pictures.decode(Pictures.rawPng(1, 1, 8, 3, new byte[2], bomb, palette)), 0, 0))
                .isEqualTo(0x010203);
    }

    @Test
    void jpegOfManyScansIsRefused() {
        byte[] jpeg = Pictures.jpeg();
        int scan = 0;
        while ((jpeg[scan] & 0xFF) != 0xFF || (jpeg[scan + 1] & 0xFF) != 0xDA) {
            scan++;
        }
        byte[] again = Arrays.copyOfRange(jpeg, scan, jpeg.length - 2);
        byte[][] parts = new byte[70][];
        Arrays.fill(parts, again);
        parts[0] = Arrays.copyOf(jpeg, scan);
        parts[69] = new byte[] {(byte) 0xFF, (byte) 0xD9};

        assertThatThrownBy(() -> Pictures.decode(Pictures.join(parts)))
                .isInstanceOf(MediaException.class)
                .hasMessageContaining("more than 64 scans");
    }

    @Test
    void tiffWithJpegInsideIsRefused() {
        ByteBuffer tiff = ByteBuffer.allocate(50).order(ByteOrder.LITTLE_ENDIAN);
        tiff.put(Pictures.latin("II*\0")).putInt(8).putShort((short) 3);
        tiff.putShort((short) 256).putShort((short) 3).putInt(1).putInt(8);
        tiff.putShort((short) 257).putShort((short) 3).putInt(1).putInt(8);
        tiff.putShort((short) 259).putShort((short) 3).putInt(1).putInt(7);

        assertThatThrownBy(() -> Pictures.decode(tiff.array()))
                .isInstanceOf(MediaException.class)
                .hasMessage("The TIFF file has compression 7, which is not supported.");
    }

    @Test
    void poolRefusesWhatIsLateAndWhatItHasNoRoomFor() throws InterruptedException {
        CountDownLatch hold = new CountDownLatch(1);
        try (DecodePool pool = new DecodePool(1, 1, Duration.ofMillis(100))) {
            // The job ignores that it is interrupted, as decoders do.
            MediaException late = catchThrowableOfType(
                    MediaException.class,
                    () -> pool.run(() -> {
                        while (hold.getCount() > 0) {
                            Thread.onSpinWait();
                        }
                        return 1;
                    }));
            MediaException waiting = catchThrowableOfType(MediaException.class, () -> pool.run(() -> 2));

            assertThat(late).hasMessage("The picture or video could not be decoded within 100 ms.");
            assertThat(waiting.reason()).isEqualTo(Reason.BUSY);
            hold.countDown();
        }
    }

    @Test
    void poolRefusesAtOnceWhatItHasNoRoomFor() throws InterruptedException {
        CountDownLatch hold = new CountDownLatch(1);
        CountDownLatch begun = new CountDownLatch(1);
        try (DecodePool pool = new DecodePool(1, 1, Duration.ofMinutes(10))) {
            Callable<Integer> job = () -> {
                begun.countDown();
                hold.await();
                return 1;
            };
            Thread running = Thread.ofPlatform().start(() -> pool.run(job));
            begun.await();
            Thread queued = Thread.ofPlatform().start(() -> pool.run(job));
            while (queued.getState() != Thread.State.TIMED_WAITING) {
                Thread.onSpinWait();
            }

            MediaException refused = catchThrowableOfType(MediaException.class, () -> pool.run(() -> 2));

            assertThat(refused.reason()).isEqualTo(Reason.BUSY);
            hold.countDown();
            running.join();
            queued.join();
        }
    }

    private static byte[] whole(String format) {
        return format.equals("webp")
                ? Pictures.resource("lossy.webp")
                : Pictures.encoded(Pictures.gradient(BufferedImage.TYPE_INT_RGB), format);
    }
}
