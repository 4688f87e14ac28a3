package dev.herd.kernels.tornado;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

/** TornadoVM prints what fails and yields nothing, which has to be noticed before it is used. */
final class CudaProgramsTest {
    @Test
    void aProgramThatWasNotMadeIsASentence() {
        assertThatThrownBy(() -> CudaPrograms.created(null))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("TornadoVM makes no CUDA program; its error is on standard output");
        assertThat(CudaPrograms.created("a program")).isEqualTo("a program");
    }
}
