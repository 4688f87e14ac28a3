package dev.herd.runtime;

import dev.herd.engine.CpuModelRunner;
import dev.herd.engine.DeviceModelRunner;
import dev.herd.engine.DeviceModelRunner.TowerPlace;
import dev.herd.engine.ModelRunner;
import dev.herd.kernels.KernelsSelector;
import dev.herd.kernels.device.Decoder;
import dev.herd.kernels.device.Device;
import dev.herd.kernels.device.DeviceProvider;
import dev.herd.kernels.device.DeviceSelector;
import dev.herd.kernels.device.DeviceSelector.Choice;
import dev.herd.kernels.device.Encoder;
import dev.herd.model.DeviceLlama4;
import dev.herd.model.KvLayout;
import dev.herd.weights.Checkpoint;
import dev.herd.weights.ModelConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;

/**
 * The choice of what runs a model, and of its budget. A device that was not asked for by name gives way to the processor if
 * it cannot run the model; one that was ends the start.
 */
final class Runners {
    private static final System.Logger LOG = System.getLogger("dev.herd");

    /** What drivers and TornadoVM itself take of a device's memory, as a share. */
    private static final double USABLE = 0.95;

    private static final ReentrantLock DEVICES = new ReentrantLock();

    private final Checkpoint checkpoint;
    private final ModelSettings settings;
    private final Function<String, Choice> selector;
    private final Runnable beforeDevice;
    private final KernelsSelector.Selection kernels;
    private final List<String> remarks = new ArrayList<>();

    private Runners(
            Checkpoint checkpoint, ModelSettings settings, Function<String, Choice> selector, Runnable beforeDevice) {
        this.checkpoint = checkpoint;
        this.settings = settings;
        this.selector = selector;
        this.beforeDevice = beforeDevice;
        this.kernels = KernelsSelector.select(settings.kernels());
    }

    /** A runner, its budget, and what the user should know of the choice. */
    record Chosen(ModelRunner runner, KvBudget budget, StepLimits steps, List<String> remarks) {}

    /**
     * Makes the runner that the settings ask for, or else the best that works.
     *
     * @param beforeDevice runs before a device is opened, and not if none is
     */
    static Chosen choose(Checkpoint checkpoint, ModelSettings settings, long machineBytes, Runnable beforeDevice) {
        return choose(checkpoint, settings, machineBytes, DeviceSelector::select, beforeDevice);
    }

    /**
     * The same.
     *
     * @param selector what a backend's name stands for
     */
    static Chosen choose(
            Checkpoint checkpoint,
            ModelSettings settings,
            long machineBytes,
            Function<String, Choice> selector,
            Runnable beforeDevice) {
        return new Runners(checkpoint, settings, selector, beforeDevice).choose(machineBytes);
    }

    private Chosen choose(long machineBytes) {
        Choice choice = selector.apply(settings.backend().name());
        if (choice instanceof Choice.Take(DeviceProvider provider)) {
            try {
                return onDevice(provider);
            } catch (IllegalStateException unusable) {
                if (!isAuto()) {
                    throw unusable;
                }
                remarks.add("running on the CPU: " + unusable.getMessage());
            }
        } else if (choice instanceof Choice.Cpu(Optional<String> reason)) {
            reason.ifPresent(remarks::add);
        }
        return onCpu(machineBytes);
    }

    private Chosen onCpu(long machineBytes) {
        remarks.addAll(kernels.refusals());
        KvBudget budget = KvBudget.of(checkpoint.config(), settings, machineBytes);
        return new Chosen(
                new CpuModelRunner(
                        checkpoint, kernels.kernels(), settings.threads(), limits(settings, StepLimits.OF_CPU, budget)),
                budget,
                settings.steps(StepLimits.OF_CPU),
                remarks);
    }

    /** Models come to devices one after the other, since each is told what those before it have left. */
    private Chosen onDevice(DeviceProvider provider) {
        beforeDevice.run();
        DEVICES.lock();
        try {
            return onDevice(
                    provider.open(settings.backend().kernelCache(), line -> LOG.log(System.Logger.Level.INFO, line)));
        } finally {
            DEVICES.unlock();
        }
    }

    private Chosen onDevice(Device device) {
        Decoder smallest = decoder(0, 1);
        device.refusal(smallest).ifPresent(refusal -> {
            throw new IllegalStateException("the device cannot run this model: " + refusal);
        });
        long free = device.freeBytes();
        long usable = Math.max(
                0,
                (long) (USABLE * device.facts().memoryBytes()) - (device.facts().memoryBytes() - free));
        long needed = device.bytes(smallest);
        if (needed >= usable) {
            throw new IllegalStateException("the model needs " + KvBudget.readable(needed)
                    + " without keys and values, but " + device.facts().name() + " has " + memory(device)
                    + ", of which " + KvBudget.readable(usable) + " can be used");
        }
        Optional<Encoder> tower = checkpoint
                .vision()
                .map(each -> DeviceModelRunner.describe(each, stepsOnDevice().tokens()));
        KvBudget alone = budget(device, usable - needed);
        Optional<String> refusal = tower.flatMap(device::refusal);
        long towerBytes = tower.isPresent() && refusal.isEmpty() ? device.bytes(tower.get()) : 0;
        if (tower.isPresent() && refusal.isEmpty()) {
            refusal = shortage(device, towerBytes, usable - needed, alone);
        }
        refusal.ifPresent(this::remarkOfTower);
        boolean isTowerThere = tower.isPresent() && refusal.isEmpty();
        KvBudget budget = isTowerThere ? budget(device, usable - needed - towerBytes) : alone;
        DeviceModelRunner runner = new DeviceModelRunner(
                checkpoint,
                device,
                isTowerThere
                        ? new TowerPlace.OnDevice(isAuto() ? Optional.of(towerOnCpu()) : Optional.empty())
                        : towerOnCpu(),
                limits(settings, StepLimits.OF_DEVICE, budget),
                stepsOnDevice().maxRunning(),
                budget.contextLength());
        runner.towerRefusal().ifPresent(this::remarkOfTower);
        return new Chosen(runner, budget, stepsOnDevice(), remarks);
    }

    private TowerPlace.OnCpu towerOnCpu() {
        return new TowerPlace.OnCpu(kernels.kernels(), settings.threads());
    }

    private void remarkOfTower(String reason) {
        remarks.add("the vision tower runs on the CPU: " + reason);
    }

    private boolean isAuto() {
        return settings.backend().name().equals(DeviceSelector.AUTO);
    }

    private static String memory(Device device) {
        long taken = device.facts().memoryBytes() - device.freeBytes();
        return KvBudget.readable(device.facts().memoryBytes())
                + (taken == 0 ? "" : ", " + KvBudget.readable(taken) + " taken by another model");
    }

    /** Why a vision tower does not fit, if it does not: it goes to the device unless that shortens the context. */
    private Optional<String> shortage(Device device, long needed, long bytes, KvBudget without) {
        long wished = settings.kvBytes()
                .orElseGet(() -> KvBudget.bytes(checkpoint.config(), layout(), without.contextLength()));
        long left = bytes - onDevice(device, wished);
        return needed <= left
                ? Optional.empty()
                : Optional.of("it needs " + KvBudget.readable(needed) + ", but "
                        + device.facts().name() + " has " + KvBudget.readable(Math.max(0, left))
                        + " left beside the model and keys and values of " + without.contextLength() + " tokens");
    }

    /** @param bytes of the device's, for keys and values */
    private KvBudget budget(Device device, long bytes) {
        long configured = settings.kvBytes().orElse(0);
        long inArrays = Math.multiplyExact(device.mostKvBlocks(layout().shape()), blockBytes(device));
        long most = Math.min(bytes, inArrays);
        String place = device.facts().name();
        String circumstance =
                most == bytes ? " left beside the model" : " for keys and values, by the size of its arrays";
        if (onDevice(device, configured) > most) {
            throw new IllegalStateException("key/value memory of " + KvBudget.readable(configured)
                    + " is configured, which takes " + KvBudget.readable(onDevice(device, configured)) + " there, but "
                    + place + " has only " + KvBudget.readable(most) + circumstance);
        }
        long blockBytes = layout().blockBytes();
        try {
            return KvBudget.of(
                    checkpoint.config(),
                    settings,
                    new KvBudget.Place(place, circumstance, most, most, blockBytes, blockBytes(device)));
        } catch (IllegalArgumentException tooSmall) {
            throw new IllegalStateException(tooSmall.getMessage(), tooSmall);
        }
    }

    /** Bytes that the device takes for so many of key/value memory, which is counted as the host would keep it. */
    private long onDevice(Device device, long kvBytes) {
        return Math.multiplyExact(Math.ceilDiv(kvBytes, layout().blockBytes()), blockBytes(device));
    }

    /** Bytes of a block on the device. */
    private long blockBytes(Device device) {
        return device.kvBytes(layout().shape(), layout().layersPerBlock(), 1);
    }

    private KvLayout layout() {
        return KvLayout.of(checkpoint.config(), KvBudget.BLOCK_SIZE, settings.kvType());
    }

    private Decoder decoder(int blocks, int contextLength) {
        ModelConfig config = checkpoint.config();
        return DeviceLlama4.describe(
                config,
                checkpoint.weights(),
                layout(),
                blocks,
                stepsOnDevice().tokens(),
                stepsOnDevice().maxRunning(),
                contextLength,
                checkpoint.vision().isPresent());
    }

    private StepLimits stepsOnDevice() {
        return settings.steps(StepLimits.OF_DEVICE);
    }

    /**
     * What a runner may take.
     *
     * @param usual how much a step computes there unless told otherwise
     */
    static CpuModelRunner.Limits limits(ModelSettings settings, StepLimits usual, KvBudget budget) {
        return new CpuModelRunner.Limits(
                settings.steps(usual).tokens(), KvBudget.BLOCK_SIZE, settings.kvType(), budget.kvBytes());
    }
}
