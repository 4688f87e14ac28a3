package dev.herd.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** The measurement of a device, on one that is emulated: that it runs and counts, not how fast. */
final class DeviceBenchTest {
    private static final String OPTIONS =
            "bench --shapes tiny --layers 4 --backend emulator --prompt 9 --past 5 --runs 1 --bandwidth 0.001 --peak 0.001";

    @Test
    void batchesAndAPromptAreMeasuredWithTheirShares() {
        Herd herd = Herd.run(OPTIONS.split(" ", -1));

        assertThat(herd.err()).isEmpty();
        assertThat(herd.status()).isZero();
        assertThat(herd.out().lines().toList())
                .satisfiesExactly(
                        line -> assertThat(line)
                                .isEqualTo("shapes       tiny, 4 of 4 layers, random Q4_K, sequences of 5 tokens"),
                        line -> assertThat(line).startsWith("device       emulator on Java"),
                        line -> assertThat(line).startsWith("start        ").endsWith("kernels run as Java"),
                        line -> assertThat(line)
                                .matches("decode 1     [\\d.]+ tokens/s, .* GB/s, [\\d.]+ % of the bandwidth"),
                        line -> assertThat(line)
                                .matches("decode 8     [\\d.]+ tokens/s, .* GB/s, [\\d.]+ % of the bandwidth"),
                        line -> assertThat(line)
                                .matches("decode 32    [\\d.]+ tokens/s, .* GB/s, [\\d.]+ % of the bandwidth"),
                        line -> assertThat(line)
                                .matches(
                                        "prefill      [\\d.]+ tokens/s, 9 tokens in .* TFLOP/s, [\\d.]+ % of the peak"));
    }

    @Test
    void whatCannotBeMeasuredIsOneSentence() {
        assertSentence("--backend cpu --shapes tiny", "there is no device to measure");
        assertSentence("--backend emulator --shapes tiny --layers 3", "--layers must be a multiple of 4, not 3");
        assertSentence("--backend emulator --shapes tiny --past 0", "--past must be at least 1, not 0");
        assertSentence("--backend emulator --shapes maverick", "the device cannot run this: it needs an array of");
    }

    private static void assertSentence(String options, String sentence) {
        Herd herd = Herd.run(("bench " + options).split(" ", -1));

        assertThat(herd.status()).isEqualTo(1);
        assertThat(herd.out()).isEmpty();
        assertThat(herd.err()).contains(sentence).hasLineCount(1);
    }

    /** What a step reads and computes, from the shapes of the published model. */
    @Test
    void scoutHasItsNumberOfWeights() {
        DecoderShape scout = DecoderShape.SCOUT;
        long perLayer = scout.sharedWeights() + scout.experts() * scout.expertWeights();

        long all = scout.layers() * perLayer + 2 * scout.outputWeights();
        long active = scout.layers() * (scout.sharedWeights() + scout.expertWeights()) + 2 * scout.outputWeights();

        assertThat(all).isBetween(107_000_000_000L, 109_000_000_000L);
        assertThat(active).isBetween(17_000_000_000L, 17_300_000_000L);
        assertThat(DecoderShape.bytes(256)).isEqualTo(144);
    }
}
