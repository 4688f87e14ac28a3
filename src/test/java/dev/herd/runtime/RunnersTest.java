package dev.herd.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.herd.engine.CpuModelRunner;
import dev.herd.engine.DeviceModelRunner;
import dev.herd.kernels.device.DeviceSelector.Choice;
import dev.herd.tokenizer.BuiltInVocabulary;
import dev.herd.weights.BuiltInModel;
import dev.herd.weights.Checkpoint;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Who runs a model where there is a device: the device if the model fits, and who was named or nobody. */
class RunnersTest {
    private static final long MACHINE = 1L << 32;
    private static final long MIB = 1L << 20;

    @Test
    void autoTakesADeviceThatHoldsTheModel() {
        Runners.Chosen chosen = choose("auto", new ScriptedDevice(1024 * MIB, 100 * MIB, 1, 0));

        assertThat(chosen.runner()).isInstanceOf(DeviceModelRunner.class);
        assertThat(chosen.runner().description()).startsWith("script on a device of paper, driver 1, 1.0 GiB");
        assertThat(chosen.remarks()).isEmpty();
    }

    @Test
    void autoTakesTheCpuIfTheDeviceIsTooSmallAndSaysHowSmall() {
        Runners.Chosen chosen = choose("auto", new ScriptedDevice(64 * MIB, 100 * MIB, 1, 0));

        assertThat(chosen.runner()).isInstanceOf(CpuModelRunner.class);
        assertThat(chosen.remarks())
                .first()
                .isEqualTo("running on the CPU: the model needs 100 MiB without keys and values, but a device of paper"
                        + " has 64 MiB, of which 61 MiB can be used");
    }

    @Test
    void autoTakesTheCpuIfNothingIsLeftForKeysAndValues() {
        Runners.Chosen chosen = choose("auto", new ScriptedDevice(100 * MIB, 95 * MIB - 100, 1, 0));

        assertThat(chosen.runner()).isInstanceOf(CpuModelRunner.class);
        assertThat(chosen.remarks())
                .first()
                .asString()
                .startsWith("running on the CPU: key/value memory of 1 KiB does not hold one block of 16 tokens");
    }

    @Test
    void aDeviceThatWasNamedAndIsTooSmallEndsTheStart() {
        assertThatThrownBy(() -> choose("scripted", new ScriptedDevice(64 * MIB, 100 * MIB, 1, 0)))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageStartingWith("the model needs 100 MiB without keys and values");
        assertThatThrownBy(() -> choose("scripted", new ScriptedDevice(100 * MIB, 95 * MIB - 100, 1, 0)))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("does not hold one block");
    }

    /** This JVM was not started with TornadoVM, as most are not. */
    @Test
    void tornadoThatWasNamedEndsTheStartWithASentence() {
        ModelSettings settings = settings("tornado");

        assertThatThrownBy(() -> LoadedModel.open(settings))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageStartingWith("backend \"tornado\" cannot run: ");
    }

    @Test
    void autoWithoutTornadoTakesTheCpuAndSaysWhy() {
        try (LoadedModel model = LoadedModel.open(settings("auto"))) {
            assertThat(model.runner()).isInstanceOf(CpuModelRunner.class);
            assertThat(model.remarks()).first().asString().startsWith("running on the CPU: ");
        }
    }

    private static ModelSettings settings(String backend) {
        return ModelSettings.defaults().withThreads(1).withBackend(new BackendSettings(backend, Optional.empty()));
    }

    private static Runners.Chosen choose(String backend, ScriptedDevice device) {
        try (Checkpoint checkpoint = BuiltInModel.open(BuiltInVocabulary.get())) {
            Runners.Chosen chosen =
                    Runners.choose(checkpoint, settings(backend), MACHINE, name -> new Choice.Take(device.provider()));
            chosen.runner().close();
            return chosen;
        }
    }
}
