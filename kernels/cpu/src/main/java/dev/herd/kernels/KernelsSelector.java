package dev.herd.kernels;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.stream.Collectors;

/** The choice of kernels: the preferred of those that can run here, or the one that is forced. */
public final class KernelsSelector {
    private KernelsSelector() {}

    /**
     * The outcome.
     *
     * @param kernels the chosen kernels
     * @param refusals why preferred providers were passed over, one sentence each, most preferred first
     */
    public record Selection(Kernels kernels, List<String> refusals) {
        public Selection {
            refusals = List.copyOf(refusals);
        }
    }

    /**
     * Chooses among the providers on the class path.
     *
     * @param forced name of the provider to take, and no other
     * @throws IllegalStateException if no provider has that name, if it refuses, or if all refuse
     */
    public static Selection select(Optional<String> forced) {
        ServiceLoader<KernelsProvider> found =
                ServiceLoader.load(KernelsProvider.class, KernelsSelector.class.getClassLoader());
        return select(forced, found.stream().map(ServiceLoader.Provider::get).toList());
    }

    static Selection select(Optional<String> forced, List<KernelsProvider> found) {
        List<KernelsProvider> providers = found.stream()
                .sorted(Comparator.comparingInt(KernelsProvider::preference)
                        .reversed()
                        .thenComparing(KernelsProvider::name))
                .toList();
        return forced.isPresent() ? force(forced.get(), providers) : prefer(providers);
    }

    private static Selection force(String name, List<KernelsProvider> providers) {
        for (KernelsProvider provider : providers) {
            if (provider.name().equals(name)) {
                Optional<String> refusal = provider.refusal();
                if (refusal.isPresent()) {
                    throw new IllegalStateException("kernels \"" + name + "\" cannot run: " + refusal.get());
                }
                return new Selection(provider.create(), List.of());
            }
        }
        String known = providers.stream().map(KernelsProvider::name).collect(Collectors.joining(", "));
        throw new IllegalStateException("there are no kernels \"" + name + "\"; known: " + known);
    }

    private static Selection prefer(List<KernelsProvider> providers) {
        List<String> refusals = new ArrayList<>();
        for (KernelsProvider provider : providers) {
            Optional<String> refusal = provider.refusal();
            if (refusal.isEmpty()) {
                return new Selection(provider.create(), refusals);
            }
            refusals.add(provider.name() + ": " + refusal.get());
        }
        throw new IllegalStateException("no kernels can run here: " + String.join("; ", refusals));
    }
}
