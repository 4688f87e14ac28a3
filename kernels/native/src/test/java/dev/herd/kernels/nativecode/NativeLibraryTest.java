package dev.herd.kernels.nativecode;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.herd.kernels.KernelsSelector;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class NativeLibraryTest {
    @Test
    void aPlatformWithoutALibraryIsRefusedInOneSentence() {
        NativeLibrary.Attempt attempt = NativeLibrary.attempt("plan9-mips");

        assertThat(attempt.library()).isNull();
        assertThat(attempt.refusal())
                .hasValueSatisfying(why -> assertThat(why)
                        .contains("plan9-mips")
                        .contains("C compiler")
                        .doesNotContain("\n"));
        assertThatThrownBy(attempt::orThrow)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("plan9");
    }

    @Test
    void theNativeKernelsArePreferredExactlyWhereTheyWereBuilt() {
        boolean isBuilt =
                NativeLibrary.class.getResource("libherd-kernels-" + NativeLibrary.platform() + ".so") != null;

        KernelsSelector.Selection selection = KernelsSelector.select(Optional.empty());

        assertThat(selection.kernels().name()).isEqualTo(isBuilt ? "native" : "vector");
        assertThat(selection.refusals()).hasSize(isBuilt ? 0 : 1);
        assertThat(new NativeKernelsProvider().refusal().isEmpty()).isEqualTo(isBuilt);
    }

    /** The command that runs the tests knows what the machine should give; {@code herd test} says it and why. */
    @Test
    void theSelectedKernelsAreThoseThatTheTestRunExpects() {
        String expected = System.getenv("HERD_EXPECT_KERNELS");

        KernelsSelector.Selection selection = KernelsSelector.select(Optional.empty());

        assertThat(selection.kernels().name())
                .as("HERD_EXPECT_KERNELS=%s; refused: %s", expected, selection.refusals())
                .isIn(expected == null ? List.of("native", "vector") : List.of(expected));
    }
}
