package dev.herd.kernels.tornado;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

class CudaSourceTest {
    private static final KernelCall ADD =
            new KernelCall("Elements.add", List.of(4), (graph, id) -> {}, tokens -> Elements.grid(tokens, 4));

    private static final String SOURCE = """
            extern "C" __global__ void add(long long *_kernel_context, unsigned char *step, unsigned char *out)
            {
              ul_0  =  (unsigned long long) step;
              ul_1  =  (unsigned long long) out;
              ul_2  =  ul_0 + 16L;
              i_3  =  *(( int *) ul_2);
              l_4  =  (long long) i_3;
              ul_5  =  ul_1 + l_4;
              f_6  =  *(( float *) ul_5);
              *(( float *) ul_5)  =  f_6;
              i_8  =  *(( int *) ul_7);
            }
            """;

    @Test
    void elementsAreNamedByTheirArrays() {
        assertThat(CudaSource.improved(SOURCE, ADD))
                .contains("i_3  =  *(( int *) (step + 16L));")
                .contains("f_6  =  *(( float *) (out + l_4));")
                .contains("*(( float *) (out + l_4))  =  f_6;")
                .contains("i_8  =  *(( int *) ul_7);") // of which nothing is known
                .hasLineCount((int) SOURCE.lines().count());
    }

    /** What TornadoVM 5.2.0 prints before each {@code ldmatrix}. */
    @Test
    void placesInLocalMemoryAreC() {
        String place =
                "    asm volatile(\"{ .reg .u64 u; cvta.to.shared.u64 u, %1; cvt.u32.u64 %0, u; }\" : \"=r\"(__smem)"
                        + " : \"l\"((const char *) adi_7 + __bo));\n";

        assertThat(CudaSource.improved(SOURCE.replace("}", place + "}"), ADD))
                .contains("    __smem  =  (unsigned) __cvta_generic_to_shared(adi_7) + __bo;\n")
                .doesNotContain("asm");
    }

    @Test
    void halvesAreConvertedWithoutAHeader() {
        String printed = """
                #include <cuda_fp16.h>
                  f_2  =  __half2float(i_1);
                  f_7  =  __half2float(ui_6);
                  f_4  =  __half2float(f_3);
                  ui_5 = (unsigned) __half_as_ushort(f_4);
                """;

        assertThat(CudaSource.withHalves(printed))
                .doesNotContain("#include", "__half")
                .contains("cvt.f32.f16", "cvt.rn.f16.f32")
                .endsWith("""
                          f_2  =  half_to_float((unsigned short) i_1);
                          f_7  =  half_to_float((unsigned short) ui_6);
                          f_4  =  half_to_float(float_to_half(f_3));
                          ui_5 = (unsigned) float_to_half(f_4);
                        """);
    }

    @Test
    void whatElseNeedsTheHeaderKeepsIt() {
        assertThat(CudaSource.withHalves("#include <cuda_fp16.h>\n  f_2  =  __half2float(h_1);\n"))
                .startsWith("#include <cuda_fp16.h>\n")
                .endsWith("  f_2  =  __half2float(h_1);\n");
    }

    @Test
    void anAddressWithTwoMeaningsIsLeftAlone() {
        String twice = SOURCE.replace("\n  *(( float", "\n  ul_5  =  ul_1 + l_4;\n  *(( float");
        String ambiguous = SOURCE.replace("\n  *(( float", "\n  ul_5  =  ul_0 + l_4;\n  *(( float");

        assertThat(CudaSource.improved(twice, ADD)).contains("f_6  =  *(( float *) (out + l_4));");
        assertThat(CudaSource.improved(ambiguous, ADD)).contains("f_6  =  *(( float *) ul_5);");
    }

    @Test
    void whatIsNotCudaStaysAsItIs() {
        String openCl = SOURCE.replace("__global__ void", "__kernel void");

        assertThat(CudaSource.improved(openCl, ADD)).isEqualTo(openCl);
    }

    @Test
    void groupsToBeHeldAreSaidInTheSourceAndAreAnotherKernel() {
        String source = "extern \"C\" __global__ void add(long long *_kernel_context)\n{\n}\n";

        assertThat(CudaSource.bounded(source, ADD)).isEqualTo(source);
        assertThat(CudaSource.bounded(source, ADD.holding(4)))
                .isEqualTo(
                        "extern \"C\" __global__ void __launch_bounds__(64, 4) add(long long *_kernel_context)\n{\n}\n");
        assertThatThrownBy(() -> CudaSource.bounded("__kernel void add()", ADD.holding(4)))
                .hasMessageContaining(ADD.holding(4).key());
        assertThat(ADD.holding(4).key()).isNotEqualTo(ADD.key()).startsWith(ADD.key());
    }
}
