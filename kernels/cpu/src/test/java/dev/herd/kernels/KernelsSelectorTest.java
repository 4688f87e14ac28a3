package dev.herd.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.herd.kernels.KernelsSelector.Selection;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class KernelsSelectorTest {
    private static final KernelsProvider SLOW = new Provider("slow", 1, Optional.empty());
    private static final KernelsProvider FAST = new Provider("fast", 2, Optional.empty());
    private static final KernelsProvider ABSENT = new Provider("absent", 3, Optional.of("there is no device."));

    @Test
    void thePreferredProviderThatCanRunIsTaken() {
        Selection selection = KernelsSelector.select(Optional.empty(), List.of(SLOW, ABSENT, FAST));

        assertThat(selection.kernels().name()).isEqualTo("fast");
        assertThat(selection.refusals()).containsExactly("absent: there is no device.");
    }

    @Test
    void aForcedProviderIsTakenThoughOthersArePreferred() {
        Selection selection = KernelsSelector.select(Optional.of("slow"), List.of(FAST, SLOW, ABSENT));

        assertThat(selection.kernels().name()).isEqualTo("slow");
        assertThat(selection.refusals()).isEmpty();
    }

    @Test
    void aForcedProviderThatRefusesIsAnError() {
        assertThatThrownBy(() -> KernelsSelector.select(Optional.of("absent"), List.of(FAST, ABSENT)))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("kernels \"absent\" cannot run: there is no device.");
    }

    @Test
    void anUnknownNameIsAnErrorThatListsTheKnownOnes() {
        assertThatThrownBy(() -> KernelsSelector.select(Optional.of("gpu"), List.of(SLOW, FAST)))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("there are no kernels \"gpu\"; known: fast, slow");
    }

    @Test
    void refusalsOfAllProvidersAreAnError() {
        assertThatThrownBy(() -> KernelsSelector.select(Optional.empty(), List.of(ABSENT)))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("no kernels can run here: absent: there is no device.");
    }

    @Test
    void theScalarKernelsAreAlwaysThere() {
        assertThat(KernelsSelector.select(Optional.of("scalar")).kernels().name())
                .isEqualTo("scalar");
        assertThat(KernelsSelector.select(Optional.empty()).kernels().name()).isNotEmpty();
    }

    private record Provider(String name, int preference, Optional<String> refusal) implements KernelsProvider {
        @Override
        public Kernels create() {
            InvocationHandler onlyName = (_, method, _) -> {
                assertThat(method.getName()).isEqualTo("name");
                return name;
            };
            return (Kernels)
                    Proxy.newProxyInstance(Kernels.class.getClassLoader(), new Class<?>[] {Kernels.class}, onlyName);
        }
    }
}
