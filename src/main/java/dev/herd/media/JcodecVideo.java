package dev.herd.media;

import dev.herd.model.vision.RgbImage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.TreeMap;
import java.util.function.Function;
import org.jcodec.codecs.h264.H264Decoder;
import org.jcodec.codecs.h264.H264Utils;
import org.jcodec.codecs.h264.io.model.SeqParameterSet;
import org.jcodec.common.Codec;
import org.jcodec.common.DemuxerTrack;
import org.jcodec.common.DemuxerTrackMeta;
import org.jcodec.common.io.ByteBufferSeekableByteChannel;
import org.jcodec.common.model.ColorSpace;
import org.jcodec.common.model.Packet;
import org.jcodec.common.model.Picture;
import org.jcodec.containers.mp4.demuxer.MP4Demuxer;
import org.jcodec.scale.ColorUtil;

/**
 * MP4 files with H.264, decoded in Java by JCodec: for machines without ffmpeg. It is slow, and what it does not know it
 * refuses: interlaced pictures, more than 8 bits, and pictures of several slices (for which JCodec would start threads
 * that nothing ends).
 */
final class JcodecVideo implements VideoDecoder {
    private static final int CHANNELS = 3;
    private static final int MACROBLOCK = 16;
    /** JCodec keeps samples as signed bytes around this level. */
    private static final int MIDDLE = 128;

    private static final int SLICE = 1;
    private static final int KEY_SLICE = 5;
    private static final int SEQUENCE_PARAMETERS = 7;

    @Override
    public boolean reads(VideoFormat format) {
        return format == VideoFormat.MP4;
    }

    @Override
    public VideoInfo probe(byte[] file, VideoFormat format, ImageLimits limits) {
        return guarded(() -> {
            DemuxerTrackMeta meta = open(file).getMeta();
            VideoInfo info = VideoInfo.of(
                    meta.getTotalFrames(),
                    meta.getVideoCodecMeta().getSize().getWidth(),
                    meta.getVideoCodecMeta().getSize().getHeight(),
                    limits);
            requireDecodable(H264Utils.splitFrame(meta.getCodecPrivate().duplicate()), info);
            return info;
        });
    }

    @Override
    public <T> List<T> decode(
            byte[] file, VideoFormat format, int[] frames, ImageLimits limits, Function<RgbImage, T> use)
            throws InterruptedException {
        VideoInfo info = probe(file, format, limits);
        TreeMap<Integer, T> results = new TreeMap<>();
        int[] ranks = guarded(() -> ranks(open(file)));
        DemuxerTrack track = guarded(() -> open(file));
        H264Decoder decoder = guarded(() -> H264Decoder.createH264DecoderFromCodecPrivate(
                track.getMeta().getCodecPrivate().duplicate()));
        int width = (info.width() + MACROBLOCK - 1) / MACROBLOCK * MACROBLOCK;
        int height = (info.height() + MACROBLOCK - 1) / MACROBLOCK * MACROBLOCK;
        for (int index = 0; index < ranks.length && results.size() < frames.length; index++) {
            if (Thread.interrupted()) {
                throw new InterruptedException();
            }
            Picture picture = guarded(() -> {
                List<ByteBuffer> units = H264Utils.splitFrame(track.nextFrame().getData());
                requireDecodable(units, info);
                return decoder.decodeFrameFromNals(
                        units, Picture.create(width, height, ColorSpace.YUV420J).getData());
            });
            for (int frame : frames) {
                if (frame == ranks[index]) {
                    results.put(frame, use.apply(guarded(() -> rgb(picture))));
                }
            }
        }
        return new ArrayList<>(results.values());
    }

    private static DemuxerTrack open(byte[] file) throws IOException {
        Mp4Tables.check(file);
        MP4Demuxer demuxer =
                MP4Demuxer.createMP4Demuxer(ByteBufferSeekableByteChannel.readFromByteBuffer(ByteBuffer.wrap(file)));
        DemuxerTrack track = demuxer.getVideoTrack();
        if (track == null) {
            throw MediaException.damaged("The video has no frames.");
        }
        if (track.getMeta().getCodec() != Codec.H264) {
            throw MediaException.invalidFormat("This server decodes no other video than H.264 in MP4.");
        }
        return track;
    }

    /** The place of each frame, in the order of decoding, in the order of showing. */
    private static int[] ranks(DemuxerTrack track) throws IOException {
        List<Long> times = new ArrayList<>();
        for (Packet packet = track.nextFrame(); packet != null; packet = track.nextFrame()) {
            times.add(packet.getPts());
        }
        List<Integer> shown = new ArrayList<>();
        for (int index = 0; index < times.size(); index++) {
            shown.add(index);
        }
        shown.sort(Comparator.comparing(times::get));
        int[] ranks = new int[shown.size()];
        for (int rank = 0; rank < ranks.length; rank++) {
            ranks[shown.get(rank)] = rank;
        }
        return ranks;
    }

    private static void requireDecodable(List<ByteBuffer> units, VideoInfo info) {
        int slices = 0;
        for (ByteBuffer unit : units) {
            int type = unit.get(unit.position()) & 0x1F;
            if (type == SLICE || type == KEY_SLICE) {
                slices++;
            }
            if (type == SEQUENCE_PARAMETERS) {
                requireDecodable(unit, info);
            }
        }
        if (slices > 1) {
            throw unsupported("has several slices per picture");
        }
    }

    private static void requireDecodable(ByteBuffer unit, VideoInfo info) {
        ByteBuffer body = ByteBuffer.allocate(unit.remaining());
        body.put(unit.duplicate()).flip().position(1);
        H264Utils.unescapeNAL(body);
        SeqParameterSet parameters = SeqParameterSet.read(body);
        if (!parameters.frameMbsOnlyFlag) {
            throw unsupported("is interlaced");
        }
        if (parameters.chromaFormatIdc != ColorSpace.YUV420J || parameters.bitDepthLumaMinus8 != 0) {
            throw unsupported("has more than 8 bits or colours in full resolution");
        }
        int width = (parameters.picWidthInMbsMinus1 + 1) * MACROBLOCK;
        int height = (parameters.picHeightInMapUnitsMinus1 + 1) * MACROBLOCK;
        if (width >= info.width() + MACROBLOCK || height >= info.height() + MACROBLOCK
                || width < info.width() || height < info.height()) {
            throw MediaException.damaged("The MP4 file is damaged: its pictures have other dimensions than it says.");
        }
    }

    private static MediaException unsupported(String what) {
        return MediaException.invalidFormat("The video " + what + ", which this server does not decode.");
    }

    private static RgbImage rgb(Picture decoded) {
        Picture picture = decoded.cropped();
        Picture converted = Picture.create(picture.getWidth(), picture.getHeight(), ColorSpace.RGB);
        ColorUtil.getTransform(picture.getColor(), ColorSpace.RGB).transform(picture, converted);
        byte[] samples = converted.getPlaneData(0);
        byte[] rgb = new byte[picture.getWidth() * picture.getHeight() * CHANNELS];
        for (int i = 0; i < rgb.length; i++) {
            rgb[i] = (byte) (samples[i] + MIDDLE);
        }
        return new RgbImage(picture.getWidth(), picture.getHeight(), rgb);
    }

    @FunctionalInterface
    private interface Step<T> {
        T run() throws IOException;
    }

    /** The library meets damage with whatever exception comes first. */
    private static <T> T guarded(Step<T> step) {
        try {
            return step.run();
        } catch (MediaException refused) {
            throw refused;
        } catch (IOException | RuntimeException damaged) {
            throw MediaException.damaged("The MP4 file is damaged, or of a kind that this server does not decode.");
        }
    }
}
