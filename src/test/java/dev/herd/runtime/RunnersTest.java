package dev.herd.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.herd.engine.CpuModelRunner;
import dev.herd.engine.DeviceModelRunner;
import dev.herd.golden.Golden;
import dev.herd.kernels.KvShape;
import dev.herd.kernels.TensorType;
import dev.herd.kernels.device.Decoder;
import dev.herd.kernels.device.Device;
import dev.herd.kernels.device.DeviceProvider;
import dev.herd.kernels.device.DeviceSelector.Choice;
import dev.herd.kernels.device.Encoder;
import dev.herd.kernels.device.LoadedDecoder;
import dev.herd.kernels.device.LoadedEncoder;
import dev.herd.model.KvLayout;
import dev.herd.tokenizer.BuiltInVocabulary;
import dev.herd.weights.BuiltInModel;
import dev.herd.weights.Checkpoint;
import dev.herd.weights.Checkpoints;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** Who runs a model where there is a device: the device if the model fits, and who was named or nobody. */
class RunnersTest {
    private static final long MACHINE = 1L << 32;
    private static final long MIB = 1L << 20;

    @Test
    void autoTakesADeviceThatHoldsTheModel() {
        Runners.Chosen chosen = choose("auto", new ScriptedDevice(1024 * MIB, 100 * MIB, 1, 0));

        assertThat(chosen.runner()).isInstanceOf(DeviceModelRunner.class);
        assertThat(chosen.runner().description())
                .startsWith("script on a device of paper, driver 1, 1.0 GiB")
                .contains("ready in");
        assertThat(chosen.runner().identity())
                .startsWith("script on a device of paper, driver 1, 1.0 GiB")
                .doesNotContain("ready in", "no kernels");
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

    @Test
    void stepsAreAsLargeAsSuitsWhatComputes() {
        assertThat(choose("auto", new ScriptedDevice(1024 * MIB, 100 * MIB, 1, 0))
                        .steps())
                .isEqualTo(new StepLimits(32, 992));
        assertThat(choose("auto", new ScriptedDevice(64 * MIB, 100 * MIB, 1, 0)).steps())
                .isEqualTo(new StepLimits(8, 256));
    }

    @Test
    void theVisionTowerRunsOnTheDeviceThatHoldsItToo() {
        Runners.Chosen chosen = chooseForPictures(device(10 * MIB, Optional.empty()));

        assertThat(chosen.runner().description()).endsWith("; vision tower on the device");
        assertThat(chosen.runner().encodesOnDevice()).isTrue();
        assertThat(chosen.remarks()).isEmpty();
        assertThat(chosen.budget())
                .isEqualTo(chooseForPictures(device(0, Optional.empty())).budget());
    }

    /** Eight sequences of the fixture's context would take 16 MiB. */
    @Test
    void keysAndValuesGetWhatModelAndTowerLeave() {
        Runners.Chosen chosen = chooseForPictures(device(40 * MIB, Optional.empty()));

        assertThat(chosen.runner().description()).endsWith("; vision tower on the device");
        assertThat(chosen.budget().kvBytes()).isEqualTo(5 * MIB);
        assertThat(chosen.budget().contextLength()).isEqualTo(8192);
    }

    @Test
    void aVisionTowerThatWouldShortenTheContextStaysOnTheCpuAndTheLineSaysWhy() {
        Runners.Chosen chosen = chooseForPictures(device(44 * MIB, Optional.empty()));

        assertThat(chosen.runner()).isInstanceOf(DeviceModelRunner.class);
        assertThat(chosen.runner().description()).contains("; vision tower on the cpu, ");
        assertThat(chosen.remarks())
                .containsExactly("the vision tower runs on the CPU: it needs 44 MiB, but a device of paper has 43 MiB"
                        + " left beside the model and keys and values of 8192 tokens");
        assertThat(chosen.budget().contextLength()).isEqualTo(8192);
    }

    @Test
    void aVisionTowerThatTheDeviceCannotRunStaysOnTheCpuAndTheLineSaysWhy() {
        Runners.Chosen chosen = chooseForPictures(device(10 * MIB, Optional.of("it is of paper")));

        assertThat(chosen.runner().description()).contains("; vision tower on the cpu, ");
        assertThat(chosen.runner().encodesOnDevice()).isFalse();
        assertThat(chosen.remarks()).containsExactly("the vision tower runs on the CPU: it is of paper");
    }

    @Test
    void aVisionTowerThatTheDeviceDoesNotTakeStaysOnTheCpuUnlessTheDeviceWasNamed() {
        Device device = new Shortsighted(device(10 * MIB, Optional.empty()));
        try (Checkpoint checkpoint = Checkpoints.open(Golden.folder("vision"))) {
            Runners.Chosen chosen = choose(checkpoint, settings("auto"), device);

            assertThat(chosen.runner().description()).contains("; vision tower on the cpu, ");
            assertThat(chosen.runner().encodesOnDevice()).isFalse();
            assertThat(chosen.remarks())
                    .containsExactly("the vision tower runs on the CPU: the device does not take the vision encoder");
            assertThatThrownBy(() -> choose(checkpoint, settings("scripted"), device))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessage("the device does not take the vision encoder");
        }
    }

    @Test
    void keyValueMemoryThatTheDeviceDoesNotHaveIsNamed() {
        ModelSettings settings = settings("scripted").withKvBytes(OptionalLong.of(46 * MIB));

        assertThatThrownBy(() -> choose(settings, device(0, Optional.empty())))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage(
                        "key/value memory of 46 MiB is configured, which takes 46 MiB there, but a device of paper has"
                                + " only 45 MiB left beside the model");
    }

    /** The fixture's four layers are in one block, and would have 5 MiB. */
    @Test
    void keysAndValuesAreNoMoreThanTheDevicesArraysHold() {
        ScriptedDevice small = new ScriptedDevice(100 * MIB, 90 * MIB, 0, Optional.empty(), 0, 100, 1, 0);
        try (Checkpoint checkpoint = BuiltInModel.open(BuiltInVocabulary.get())) {
            KvLayout layout = KvLayout.of(checkpoint.config(), KvBudget.BLOCK_SIZE, TensorType.F16);
            ModelSettings settings = settings("scripted").withKvType(TensorType.F16);

            assertThat(choose(checkpoint, settings, small).budget().kvBytes()).isEqualTo(100 * layout.blockBytes());
            ModelSettings configured = settings.withKvBytes(OptionalLong.of(101 * layout.blockBytes()));
            assertThatThrownBy(() -> choose(checkpoint, configured, small))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageStartingWith("key/value memory of ")
                    .hasMessageEndingWith(" for keys and values, by the size of its arrays");
        }
    }

    /** The device's numbers, since it is the device that lacks them. */
    @Test
    void aContextThatTheDeviceDoesNotHoldIsRefusedWithTheDevicesNumbers() {
        ModelSettings settings =
                settings("scripted").withKvType(TensorType.Q8_0).withContextLength(4096);
        ScriptedDevice small = new ScriptedDevice(100 * MIB, 94 * MIB, 0, Optional.empty(), 0, Integer.MAX_VALUE, 1, 0);

        try (Checkpoint checkpoint = BuiltInModel.open(BuiltInVocabulary.get())) {
            KvLayout layout = KvLayout.of(checkpoint.config(), KvBudget.BLOCK_SIZE, TensorType.Q8_0);
            long there = KvBudget.bytes(checkpoint.config(), layout, 4096) / 34 * 36;
            assertThat(there).isGreaterThan(MIB);
            assertThatThrownBy(() -> choose(checkpoint, settings, small))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessage("a context of 4096 tokens needs " + KvBudget.readable(there)
                            + " of key/value memory, but a device of paper has only 1024 KiB left beside the model");
        }
    }

    @Test
    void aVisionTowerLeavesKeyValueMemoryAsItIsConfigured() {
        ModelSettings settings = settings("scripted").withKvBytes(OptionalLong.of(10 * MIB));

        Runners.Chosen beside = choose(settings, device(35 * MIB, Optional.empty()));
        Runners.Chosen without = choose(settings, device(36 * MIB, Optional.empty()));

        assertThat(beside.runner().description()).endsWith("; vision tower on the device");
        assertThat(without.runner().description()).contains("; vision tower on the cpu, ");
        assertThat(beside.budget()).isEqualTo(without.budget());
    }

    /** A guard beside the model, or the model beside a guard: who comes first. */
    @Test
    void aModelGetsWhatAnotherOnTheDeviceLeaves() {
        ScriptedDevice half =
                new ScriptedDevice(100 * MIB, 50 * MIB, 0, Optional.empty(), 40 * MIB, Integer.MAX_VALUE, 1, 0);

        assertThat(chooseForPictures(half).budget().kvBytes()).isEqualTo(5 * MIB);

        ScriptedDevice full =
                new ScriptedDevice(100 * MIB, 50 * MIB, 0, Optional.empty(), 60 * MIB, Integer.MAX_VALUE, 1, 0);
        assertThatThrownBy(() -> chooseForPictures(full))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("the model needs 50 MiB without keys and values, but a device of paper has 100 MiB, 60 MiB"
                        + " taken by another model, of which 35 MiB can be used");
    }

    /** So that a guard, whatever its size, finds what the served model leaves and not the other way round. */
    @Test
    void whoMustWaitForADeviceWaitsBeforeItIsOpenedAndForNothingElse() {
        List<String> order = new ArrayList<>();
        DeviceProvider provider = ScriptedDevice.provider(new ScriptedDevice(1024 * MIB, 100 * MIB, 1, 0));
        Choice take = new Choice.Take(new DeviceProvider() {
            @Override
            public String name() {
                return provider.name();
            }

            @Override
            public Optional<String> refusal() {
                return provider.refusal();
            }

            @Override
            public Device open(Optional<Path> kernelCache, Consumer<String> log) {
                order.add("opened");
                return provider.open(kernelCache, log);
            }
        });

        try (Checkpoint checkpoint = BuiltInModel.open(BuiltInVocabulary.get())) {
            Runners.choose(checkpoint, settings("auto"), MACHINE, name -> take, () -> order.add("waited"))
                    .runner()
                    .close();
            assertThat(order).containsExactly("waited", "opened");
            order.clear();
            Runners.choose(
                            checkpoint,
                            settings("auto"),
                            MACHINE,
                            name -> new Choice.Cpu(Optional.empty()),
                            () -> order.add("waited"))
                    .runner()
                    .close();
            assertThat(order).isEmpty();
        }
    }

    @Test
    void guardsRunWhereThereIsRoomAndOnTheCpuIfTheModelDoes() {
        Optional<Path> cache = Optional.of(Path.of("kernels"));

        assertThat(new BackendSettings("tornado", cache).besideIt()).isEqualTo(new BackendSettings("auto", cache));
        assertThat(BackendSettings.AUTO.besideIt()).isEqualTo(BackendSettings.AUTO);
        assertThat(BackendSettings.CPU.besideIt()).isEqualTo(BackendSettings.CPU);
    }

    /** The device's groups of Q8_0 start at words, so that 34 bytes are 36 there. */
    @Test
    void keysAndValuesAreCountedAsTheDeviceKeepsThem() {
        ModelSettings settings = settings("scripted").withKvType(TensorType.Q8_0);
        ScriptedDevice small = new ScriptedDevice(100 * MIB, 90 * MIB, 0, Optional.empty(), 0, Integer.MAX_VALUE, 1, 0);

        try (Checkpoint checkpoint = BuiltInModel.open(BuiltInVocabulary.get())) {
            assertThat(choose(checkpoint, settings, small).budget().kvBytes()).isEqualTo(5 * MIB * 34 / 36);
            ModelSettings configured = settings.withKvBytes(OptionalLong.of(5 * MIB * 34 / 36 + 1024));
            assertThatThrownBy(() -> choose(checkpoint, configured, small))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessage(
                            "key/value memory of 4837 KiB is configured, which takes 5126 KiB there, but a device of"
                                    + " paper has only 5120 KiB left beside the model");
        }
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

    /** 100 MiB, of which 95 can be used and a decoder takes 50. */
    private static ScriptedDevice device(long towerBytes, Optional<String> towerRefusal) {
        return new ScriptedDevice(100 * MIB, 50 * MIB, towerBytes, towerRefusal, 0, Integer.MAX_VALUE, 1, 0);
    }

    private static Runners.Chosen chooseForPictures(ScriptedDevice device) {
        return choose(settings("scripted"), device);
    }

    /** The fixture that sees pictures. */
    private static Runners.Chosen choose(ModelSettings settings, ScriptedDevice device) {
        try (Checkpoint checkpoint = Checkpoints.open(Golden.folder("vision"))) {
            return choose(checkpoint, settings, device);
        }
    }

    private static Runners.Chosen choose(String backend, ScriptedDevice device) {
        try (Checkpoint checkpoint = BuiltInModel.open(BuiltInVocabulary.get())) {
            return choose(checkpoint, settings(backend), device);
        }
    }

    private static Runners.Chosen choose(Checkpoint checkpoint, ModelSettings settings, Device device) {
        Runners.Chosen chosen = Runners.choose(
                checkpoint, settings, MACHINE, name -> new Choice.Take(ScriptedDevice.provider(device)), () -> {});
        chosen.runner().close();
        return chosen;
    }

    /** A device whose compiler does not get along with the kernels of vision encoders. */
    private record Shortsighted(Device able) implements Device {
        @Override
        public Facts facts() {
            return able.facts();
        }

        @Override
        public long freeBytes() {
            return able.freeBytes();
        }

        @Override
        public Optional<String> refusal(Decoder decoder) {
            return able.refusal(decoder);
        }

        @Override
        public Optional<String> refusal(Encoder encoder) {
            return able.refusal(encoder);
        }

        @Override
        public long kvBytes(KvShape shape, int layers, long blocks) {
            return able.kvBytes(shape, layers, blocks);
        }

        @Override
        public long mostKvBlocks(KvShape shape) {
            return able.mostKvBlocks(shape);
        }

        @Override
        public long bytes(Decoder decoder) {
            return able.bytes(decoder);
        }

        @Override
        public long bytes(Encoder encoder) {
            return able.bytes(encoder);
        }

        @Override
        public LoadedDecoder load(Decoder decoder) {
            return able.load(decoder);
        }

        @Override
        public LoadedEncoder load(Encoder encoder) {
            throw new IllegalStateException("the device does not take the vision encoder");
        }
    }
}
