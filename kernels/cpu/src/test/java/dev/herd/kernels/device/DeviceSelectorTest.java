package dev.herd.kernels.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.herd.kernels.device.DeviceSelector.Choice;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** Which backend is taken, and what is said where one is not. */
final class DeviceSelectorTest {
    private static final Provider ABLE = new Provider("able", true, Optional.empty());
    private static final Provider UNABLE = new Provider("unable", true, Optional.of("there is no such device"));
    private static final Provider SHY = new Provider("shy", false, Optional.empty());

    @Test
    void autoTakesTheFirstThatCanRun() {
        assertThat(DeviceSelector.select("auto", List.of(UNABLE, SHY, ABLE))).isEqualTo(new Choice.Take(ABLE));
    }

    @Test
    void autoTakesTheCpuAndSaysWhy() {
        assertThat(DeviceSelector.select("auto", List.of(SHY, UNABLE)))
                .isEqualTo(new Choice.Cpu(Optional.of("running on the CPU: there is no such device")));
    }

    @Test
    void autoHasNothingToSayWhereNoDeviceIsThought() {
        assertThat(DeviceSelector.select("auto", List.of(SHY))).isEqualTo(new Choice.Cpu(Optional.empty()));
    }

    @Test
    void cpuAsksNoDevice() {
        assertThat(DeviceSelector.select("cpu", List.of(ABLE))).isEqualTo(new Choice.Cpu(Optional.empty()));
    }

    @Test
    void whoIsNamedIsTaken() {
        assertThat(DeviceSelector.select("shy", List.of(ABLE, SHY))).isEqualTo(new Choice.Take(SHY));
    }

    @Test
    void whoIsNamedAndCannotRunEndsTheStart() {
        assertThatThrownBy(() -> DeviceSelector.select("unable", List.of(ABLE, UNABLE)))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("backend \"unable\" cannot run: there is no such device");
    }

    @Test
    void anUnknownNameEndsTheStartWithTheKnownOnes() {
        assertThatThrownBy(() -> DeviceSelector.select("abacus", List.of(ABLE, SHY, UNABLE)))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("there is no backend \"abacus\"; known: auto, cpu, able, unable");
    }

    private record Provider(String name, boolean isAutomatic, Optional<String> refusal) implements DeviceProvider {
        @Override
        public Device open(Optional<Path> kernelCache, Consumer<String> log) {
            throw new AssertionError("a choice opens nothing");
        }
    }
}
