package dev.herd.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.herd.kernels.TensorType;
import dev.herd.weights.CheckpointException;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class LoadedModelTest {
    private static final Path SCOUT = Path.of("test/resources/golden/scout");

    @Test
    void builtInModelNeedsNoFile() {
        try (LoadedModel model = LoadedModel.open(ModelSettings.defaults().withThreads(1))) {
            assertThat(model.checkpoint().files()).isEmpty();
            assertThat(model.contextLength()).isEqualTo(ModelSettings.DEFAULT_CONTEXT_LIMIT);
            assertThat(model.stopTokens()).containsAll(model.promptFormat().stopTokens());
            assertThat(model.description()).contains("herd-tiny", "1 thread", "context 8192", "F16");
            assertThat(model.engine().status().accepting()).isTrue();
        }
    }

    @Test
    void directoryIsOpenedWithItsTokenizer() {
        ModelSettings settings = ModelSettings.defaults()
                .withModel(SCOUT)
                .withThreads(1)
                .withContextLength(64)
                .withKvType(TensorType.F32)
                .withRequests(2, 1)
                .withPrefillSlice(7);

        try (LoadedModel model = LoadedModel.open(settings)) {
            assertThat(model.contextLength()).isEqualTo(64);
            assertThat(model.runner().maxBatchTokens()).isEqualTo(9);
            assertThat(model.requestLimit()).isEqualTo(3);
            assertThat(model.tokenizer().decode(model.tokenizer().encode("Hello")))
                    .isEqualTo("Hello");
        }
    }

    @Test
    void missingModelIsOneSentence() {
        ModelSettings settings = ModelSettings.defaults().withModel(Path.of("no/such/model.gguf"));

        assertThatThrownBy(() -> LoadedModel.open(settings))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("no/such/model.gguf");
    }

    @Test
    void unknownKernelsAreRefusedByName() {
        ModelSettings settings = ModelSettings.defaults().withKernels(Optional.of("abacus"));

        assertThatThrownBy(() -> LoadedModel.open(settings))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("abacus");
    }

    @Test
    void settingsThatNoModelCanHaveAreRefused() {
        assertThatThrownBy(() -> ModelSettings.defaults().withThreads(0)).hasMessageContaining("threads");
        assertThatThrownBy(() -> ModelSettings.defaults().withContextLength(-1)).hasMessageContaining("context");
        assertThatThrownBy(() -> ModelSettings.defaults().withRequests(0, 1)).hasMessageContaining("max-running");
        assertThatThrownBy(() -> ModelSettings.defaults().withRequests(1, -1)).hasMessageContaining("max-queued");
        assertThatThrownBy(() -> ModelSettings.defaults().withPrefillSlice(0)).hasMessageContaining("prefill-slice");
        assertThatThrownBy(() -> ModelSettings.defaults().withKvType(TensorType.Q4_K))
                .hasMessageContaining("kv-type")
                .hasMessageContaining("Q4_K");
    }

    @Test
    void quantisedKeysAndValuesAreRefusedForHeadsThatAreNoWholeGroups() {
        ModelSettings settings = ModelSettings.defaults().withModel(SCOUT).withKvType(TensorType.Q8_0);

        assertThatThrownBy(() -> LoadedModel.open(settings))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("kv-type Q8_0 needs heads of whole groups of 32 elements, but this model's heads have 16;"
                        + " use F16 or F32");
    }
}
