package dev.herd.kernels;

import static dev.herd.kernels.KQuantDecoder.GROUP;
import static dev.herd.kernels.KQuantDecoder.Q2K_BYTES;
import static dev.herd.kernels.KQuantDecoder.Q3K_BYTES;
import static dev.herd.kernels.KQuantDecoder.Q4K_BYTES;
import static dev.herd.kernels.KQuantDecoder.Q5K_BYTES;
import static dev.herd.kernels.KQuantDecoder.Q6K_BYTES;

import dev.herd.kernels.ScaleFit.Affine;
import java.util.Arrays;

/** Writes the K formats; {@link KQuantDecoder} states the layouts. */
final class KQuantEncoder {
    private KQuantEncoder() {}

    static void encodeQ2K(float[] source, int from, byte[] target, int at, int length) {
        for (int end = from + length; from < end; from += GROUP, at += Q2K_BYTES) {
            Arrays.fill(target, at, at + Q2K_BYTES, (byte) 0);
            AffineRuns runs = AffineRuns.fit(source, from, 16, 3, 15);
            float scale = Bytes.putHalf(target, at + 80, runs.scale());
            float offset = Bytes.putHalf(target, at + 82, runs.offset());
            for (int run = 0; run < 16; run++) {
                int runScale = runs.level(runs.scales[run], scale);
                int runOffset = runs.level(runs.offsets[run], offset);
                target[at + run] = (byte) (runScale | (runOffset << 4));
                int bytes = at + 16 + KQuantDecoder.twoBitBytes(run);
                for (int i = 0; i < 16; i++) {
                    float shifted = source[from + 16 * run + i] + offset * runOffset;
                    int level = ScaleFit.nearest(ScaleFit.ratio(shifted, scale * runScale), 0, 3);
                    target[bytes + i] |= (byte) (level << KQuantDecoder.twoBitShift(run));
                }
            }
        }
    }

    static void encodeQ3K(float[] source, int from, byte[] target, int at, int length) {
        float[] scales = new float[16];
        for (int end = from + length; from < end; from += GROUP, at += Q3K_BYTES) {
            Arrays.fill(target, at, at + Q3K_BYTES, (byte) 0);
            for (int run = 0; run < 16; run++) {
                scales[run] = ScaleFit.symmetric(source, from + 16 * run, 16, -4, 3);
            }
            float scale = Bytes.putHalf(target, at + 108, ScaleFit.extremum(scales, 0, 16) / -32);
            for (int run = 0; run < 16; run++) {
                int runScale = ScaleFit.nearest(ScaleFit.ratio(scales[run], scale), -32, 31);
                putQ3Scale(target, at + 96, run, runScale + 32);
                int bytes = at + 32 + KQuantDecoder.twoBitBytes(run);
                for (int i = 0; i < 16; i++) {
                    float ratio = ScaleFit.ratio(source[from + 16 * run + i], scale * runScale);
                    int level = ScaleFit.nearest(ratio, -4, 3) + 4;
                    target[bytes + i] |= (byte) ((level & 3) << KQuantDecoder.twoBitShift(run));
                    target[at + 16 * (run & 1) + i] |= (byte) ((level >> 2) << (run >> 1));
                }
            }
        }
    }

    private static void putQ3Scale(byte[] target, int scales, int run, int code) {
        target[scales + (run & 7)] |= (byte) ((code & 15) << (4 * (run >> 3)));
        target[scales + 8 + (run & 3)] |= (byte) ((code >> 4) << (2 * (run >> 2)));
    }

    static void encodeQ4K(float[] source, int from, byte[] target, int at, int length) {
        for (int end = from + length; from < end; from += GROUP, at += Q4K_BYTES) {
            Arrays.fill(target, at, at + Q4K_BYTES, (byte) 0);
            AffineRuns runs = AffineRuns.fit(source, from, 32, 15, 63);
            float scale = Bytes.putHalf(target, at, runs.scale());
            float offset = Bytes.putHalf(target, at + 2, runs.offset());
            for (int run = 0; run < 8; run++) {
                int runScale = runs.level(runs.scales[run], scale);
                int runOffset = runs.level(runs.offsets[run], offset);
                putSixBits(target, at + 4, run, runScale, runOffset);
                int bytes = at + 16 + 32 * (run >> 1);
                for (int i = 0; i < 32; i++) {
                    float shifted = source[from + 32 * run + i] + offset * runOffset;
                    int level = ScaleFit.nearest(ScaleFit.ratio(shifted, scale * runScale), 0, 15);
                    target[bytes + i] |= (byte) (level << (4 * (run & 1)));
                }
            }
        }
    }

    static void encodeQ5K(float[] source, int from, byte[] target, int at, int length) {
        for (int end = from + length; from < end; from += GROUP, at += Q5K_BYTES) {
            Arrays.fill(target, at, at + Q5K_BYTES, (byte) 0);
            AffineRuns runs = AffineRuns.fit(source, from, 32, 31, 63);
            float scale = Bytes.putHalf(target, at, runs.scale());
            float offset = Bytes.putHalf(target, at + 2, runs.offset());
            for (int run = 0; run < 8; run++) {
                int runScale = runs.level(runs.scales[run], scale);
                int runOffset = runs.level(runs.offsets[run], offset);
                putSixBits(target, at + 4, run, runScale, runOffset);
                int bytes = at + 48 + 32 * (run >> 1);
                for (int i = 0; i < 32; i++) {
                    float shifted = source[from + 32 * run + i] + offset * runOffset;
                    int level = ScaleFit.nearest(ScaleFit.ratio(shifted, scale * runScale), 0, 31);
                    target[bytes + i] |= (byte) ((level & 15) << (4 * (run & 1)));
                    target[at + 16 + i] |= (byte) ((level >> 4) << run);
                }
            }
        }
    }

    private static void putSixBits(byte[] target, int scales, int run, int scale, int offset) {
        if (run < 4) {
            target[scales + run] |= (byte) scale;
            target[scales + run + 4] |= (byte) offset;
        } else {
            target[scales + run + 4] |= (byte) ((scale & 15) | ((offset & 15) << 4));
            target[scales + run - 4] |= (byte) ((scale >> 4) << 6);
            target[scales + run] |= (byte) ((offset >> 4) << 6);
        }
    }

    static void encodeQ6K(float[] source, int from, byte[] target, int at, int length) {
        float[] scales = new float[16];
        for (int end = from + length; from < end; from += GROUP, at += Q6K_BYTES) {
            Arrays.fill(target, at, at + Q6K_BYTES, (byte) 0);
            for (int run = 0; run < 16; run++) {
                scales[run] = ScaleFit.symmetric(source, from + 16 * run, 16, -32, 31);
            }
            float scale = Bytes.putHalf(target, at + 208, ScaleFit.extremum(scales, 0, 16) / -128);
            for (int run = 0; run < 16; run++) {
                int runScale = ScaleFit.nearest(ScaleFit.ratio(scales[run], scale), -128, 127);
                target[at + 192 + run] = (byte) runScale;
                int low = at + KQuantDecoder.q6LowBytes(run);
                int high = at + 128 + KQuantDecoder.twoBitBytes(run);
                for (int i = 0; i < 16; i++) {
                    float ratio = ScaleFit.ratio(source[from + 16 * run + i], scale * runScale);
                    int level = ScaleFit.nearest(ratio, -32, 31) + 32;
                    target[low + i] |= (byte) ((level & 15) << (4 * (run >> 2 & 1)));
                    target[high + i] |= (byte) ((level >> 4) << KQuantDecoder.twoBitShift(run));
                }
            }
        }
    }

    /** Scales and offsets of the runs of one group, still as floats: {@code x ≈ scales[run] · q − offsets[run]}. */
    private static final class AffineRuns {
        final float[] scales;
        final float[] offsets;
        private final int highestCode;

        private AffineRuns(int runs, int highestCode) {
            this.scales = new float[runs];
            this.offsets = new float[runs];
            this.highestCode = highestCode;
        }

        static AffineRuns fit(float[] source, int from, int runSize, int highestLevel, int highestCode) {
            AffineRuns runs = new AffineRuns(GROUP / runSize, highestCode);
            for (int run = 0; run < runs.scales.length; run++) {
                Affine fit = ScaleFit.affine(source, from + run * runSize, runSize, highestLevel, true);
                runs.scales[run] = fit.scale();
                runs.offsets[run] = -fit.min();
            }
            return runs;
        }

        float scale() {
            return ScaleFit.extremum(scales, 0, scales.length) / highestCode;
        }

        float offset() {
            return ScaleFit.extremum(offsets, 0, offsets.length) / highestCode;
        }

        int level(float value, float unit) {
            return ScaleFit.nearest(ScaleFit.ratio(value, unit), 0, highestCode);
        }
    }
}
