package dev.herd.kernels.tornado;

import static org.assertj.core.api.Assertions.assertThat;

import dev.herd.kernels.device.Encoder;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which kernel attends in a vision encoder, and that it has the memory that it needs. */
final class EncoderCallsTest {
    private static final String HALVES = "MmaVision.attend";
    private static final String FLOATS = "Vision.attend";

    @ParameterizedTest(name = "{0} heads of 8 elements together, matrix units {1}")
    @CsvSource({"1, true, " + HALVES, "2, true, " + FLOATS, "1, false, " + FLOATS})
    void matrixUnitsAttendIfTheyTakeTheHeads(int heads, boolean hasMma, String kernel) {
        try (HostMemory memory = new HostMemory()) {
            Encoder encoder = EncoderMemoryTest.encoder(2, heads);
            TileBuffers buffers = new TileBuffers(encoder, new Capabilities(false, hasMma), memory);

            List<String> attending = new EncoderCalls(encoder, buffers, memory)
                    .parts().stream()
                            .flatMap(part -> part.calls.stream())
                            .map(KernelCall::kernel)
                            .filter(List.of(HALVES, FLOATS)::contains)
                            .toList();

            assertThat(attending).containsExactly(kernel, kernel);
        }
    }

    @Test
    void sumsHaveTheirPlaceInTheMemoryOfProducts() {
        try (HostMemory memory = new HostMemory()) {
            Encoder encoder = EncoderMemoryTest.encoder(1, 1);
            TileBuffers buffers = new TileBuffers(encoder, Capabilities.ALL, memory);
            Encoder.Sizes sizes = encoder.sizes();
            int strands = MmaVision.strands(1, sizes.maxTiles(), sizes.tileRows());

            assertThat((long) Objects.requireNonNull(buffers.halves).products.getSize())
                    .isGreaterThanOrEqualTo(MmaVision.sums(1, 8, strands));
        }
    }
}
