package dev.herd.kernels.device;

import java.util.List;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.stream.Stream;

/** The choice between the CPU and a device. */
public final class DeviceSelector {
    /** Name of the choice that leaves it to Herd. */
    public static final String AUTO = "auto";

    /** Name of the backend that needs no device. */
    public static final String CPU = "cpu";

    private DeviceSelector() {}

    /** The outcome of a selection. */
    public sealed interface Choice {
        /** Take the device of this provider. */
        record Take(DeviceProvider provider) implements Choice {}

        /**
         * Take the CPU.
         *
         * @param reason why no device, in one sentence; empty if it was asked for
         */
        record Cpu(Optional<String> reason) implements Choice {}
    }

    /**
     * Chooses among the providers on the class path.
     *
     * @param backend {@link #AUTO}, {@link #CPU} or the name of a provider
     * @throws IllegalStateException if there is no such backend, or if it cannot run here
     */
    public static Choice select(String backend) {
        return select(
                backend,
                ServiceLoader.load(DeviceProvider.class, DeviceSelector.class.getClassLoader()).stream()
                        .map(ServiceLoader.Provider::get)
                        .toList());
    }

    static Choice select(String backend, List<DeviceProvider> providers) {
        return switch (backend) {
            case CPU -> new Choice.Cpu(Optional.empty());
            case AUTO -> prefer(providers);
            default -> force(backend, providers);
        };
    }

    private static Choice prefer(List<DeviceProvider> providers) {
        Optional<String> reason = Optional.empty();
        for (DeviceProvider provider : providers) {
            if (provider.isAutomatic()) {
                Optional<String> refusal = provider.refusal();
                if (refusal.isEmpty()) {
                    return new Choice.Take(provider);
                }
                reason = reason.or(() -> refusal.map(text -> "running on the CPU: " + text));
            }
        }
        return new Choice.Cpu(reason);
    }

    private static Choice force(String name, List<DeviceProvider> providers) {
        for (DeviceProvider provider : providers) {
            if (provider.name().equals(name)) {
                provider.refusal().ifPresent(refusal -> {
                    throw new IllegalStateException("backend \"" + name + "\" cannot run: " + refusal);
                });
                return new Choice.Take(provider);
            }
        }
        List<String> known = Stream.concat(
                        Stream.of(AUTO, CPU),
                        providers.stream().filter(DeviceProvider::isAutomatic).map(DeviceProvider::name))
                .toList();
        throw new IllegalStateException("there is no backend \"" + name + "\"; known: " + String.join(", ", known));
    }
}
