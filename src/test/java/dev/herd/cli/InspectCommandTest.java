package dev.herd.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.herd.golden.Golden;
import dev.herd.kernels.TensorType;
import dev.herd.weights.ModelConfig;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class InspectCommandTest {
    private static final long MIB = 1L << 20;

    /** The table of keys and values of Scout and Maverick: 48 layers, 12 of them GLOBAL, 8 heads of 128, 16 bits. */
    @ParameterizedTest
    @CsvSource({
        "8192, 1536, 1536",
        "131072, 24576, 7296",
        "262144, 49152, 13440",
        "1048576, 196608, 50304",
        "10485760, 1966080, 492672",
    })
    void keyValueMemoryIsWhatLayersKeep(int tokens, long everything, long kept) {
        KvMemoryNeed need = KvMemoryNeed.of(scoutConfig(8192), tokens, TensorType.F16);

        assertThat(need.everything()).isEqualTo(everything * MIB);
        assertThat(need.kept()).isEqualTo(kept * MIB);
    }

    @Test
    void keyValueMemoryWithoutAttentionChunksKeepsEverything() {
        KvMemoryNeed need = KvMemoryNeed.of(scoutConfig(0), 131072, TensorType.F32);

        assertThat(need.kept()).isEqualTo(need.everything()).isEqualTo(48 * 1024 * MIB);
    }

    @Test
    void keysAndValuesOfEightBitsTake34BytesFor32() {
        KvMemoryNeed need = KvMemoryNeed.of(scoutConfig(8192), 8192, TensorType.Q8_0);

        assertThat(need.kept()).isEqualTo(48L * 8192 * 2 * 1024 / 32 * 34);
    }

    @Test
    void memoryIsStatedForTheTypesThatHeadsAllow() {
        JsonNode ofHeadsOf16 =
                Herd.run("inspect", Golden.folder("scout").toString(), "--json").json();
        JsonNode ofHeadsOf32 = Herd.run("inspect", "--json").json();

        assertThat(ofHeadsOf16.path("config").path("headSize").intValue()).isEqualTo(16);
        assertThat(ofHeadsOf16.path("memory").path("keyValueBytes").fieldNames())
                .toIterable()
                .containsExactly("F16", "F32");
        assertThat(ofHeadsOf32.path("config").path("headSize").intValue()).isEqualTo(32);
        assertThat(ofHeadsOf32.path("memory").path("keyValueBytes").fieldNames())
                .toIterable()
                .containsExactly("F16", "F32", "Q8_0");
    }

    @Test
    void textSaysWhatTheModelIs() {
        Herd herd = Herd.run("inspect", Golden.folder("scout").toString(), "--context", "64");

        assertThat(herd.err()).isEmpty();
        assertThat(herd.status()).isZero();
        assertThat(herd.out())
                .contains("LOCAL (attention chunks of 16)")
                .contains("MoE, 0 dense")
                .contains("QK norm")
                .contains("tokenizer.json")
                .contains("Memory for one sequence of 64 tokens:")
                .contains("because LOCAL layers drop finished attention chunks");
    }

    @ParameterizedTest
    @CsvSource({"scout, 0", "maverick, 1", "guard, 2"})
    void jsonAddsUp(String fixture, int kind) {
        JsonNode json = Herd.run("inspect", Golden.folder(fixture).toString(), "--json", "--tensors")
                .json();

        long listed = StreamSupport.stream(json.path("tensorList").spliterator(), false)
                .mapToLong(tensor -> tensor.path("bytes").longValue())
                .sum();
        JsonNode config = json.path("config");
        long moeLayers = config.path("moeLayers").longValue();
        assertThat(json.path("memory").path("weightBytes").longValue()).isEqualTo(listed);
        assertThat(json.path("parameters").longValue() * Float.BYTES).isEqualTo(listed);
        assertThat(config.path("localLayers").intValue()
                        + config.path("globalLayers").intValue())
                .isEqualTo(config.path("layers").intValue());
        switch (kind) {
            case 0 -> assertThat(moeLayers).isEqualTo(config.path("layers").longValue());
            case 1 ->
                assertThat(moeLayers)
                        .isPositive()
                        .isLessThan(config.path("layers").longValue());
            default -> {
                assertThat(moeLayers).isZero();
                assertThat(json.path("activeParameters")).isEqualTo(json.path("parameters"));
            }
        }
    }

    @Test
    void idleExpertsAreNotActive() {
        JsonNode json =
                Herd.run("inspect", Golden.folder("scout").toString(), "--json").json();
        JsonNode config = json.path("config");

        long expert = 3
                * config.path("hiddenSize").longValue()
                * config.path("expertFfnSize").longValue();
        long idle = config.path("moeLayers").longValue()
                * (config.path("expertCount").longValue()
                        - config.path("expertsPerToken").longValue())
                * expert;
        assertThat(json.path("parameters").longValue()
                        - json.path("activeParameters").longValue())
                .isEqualTo(idle);
    }

    @Test
    void builtInModelIsShownWithoutAnArgument() {
        Herd herd = Herd.run("inspect");

        assertThat(herd.status()).isZero();
        assertThat(herd.out()).contains("Parameters").contains("GLOBAL");
    }

    @Test
    void missingModelIsOneSentence() {
        Herd herd = Herd.run("inspect", "no-such-model.gguf");

        assertThat(herd.status()).isEqualTo(1);
        assertThat(herd.out()).isEmpty();
        assertThat(herd.err())
                .startsWith("herd inspect: ")
                .contains("no-such-model.gguf")
                .hasLineCount(1);
    }

    private static ModelConfig scoutConfig(int attentionChunkSize) {
        return new ModelConfig(
                5120,
                202_048,
                10_485_760,
                40,
                8,
                128,
                8192,
                16_384,
                16,
                1,
                ModelConfig.pattern(48, 4, 1),
                attentionChunkSize,
                1e-5f,
                true,
                500_000,
                null,
                null);
    }

    @Test
    void theVisionTowerIsShown() {
        String model = Golden.folder("vision").toString();

        assertThat(Herd.run("inspect", model).out())
                .contains("3 layers of 48, 4 heads of 12, FFN size 192")
                .contains("tiles of 56 pixels, patches of 14, 4 tokens per tile");
        assertThat(Herd.run("inspect", "--json", model)
                        .json()
                        .path("vision")
                        .path("tokensPerTile")
                        .intValue())
                .isEqualTo(4);
    }
}
