package dev.herd.kernels.tornado;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Loads as TornadoVM prints them, and what becomes of them. */
class WideLoadsTest {
    private final List<String> lines = new ArrayList<>(List.of("  i_1  =  (blockIdx.x);", "  i_2  =  i_1 << 2;"));

    /** The lines of a load of element {@code index} of {@code w}. */
    private void load(String type, String variable, String index) {
        int n = 10 * lines.size();
        lines.add("  i_%d  =  %s;".formatted(n, index));
        lines.add("  l_%d  =  (long long) i_%d;".formatted(n + 1, n));
        lines.add("  l_%d  =  l_%d + 4L;".formatted(n + 2, n + 1));
        lines.add("  l_%d  =  l_%d << 2;".formatted(n + 3, n + 2));
        lines.add("  %s  =  *(( %s *) (w + l_%d));".formatted(variable, type, n + 3));
    }

    private String joined() {
        return WideLoads.joined(String.join("\n", lines));
    }

    private String source() {
        return String.join("\n", lines);
    }

    private void four(String base) {
        for (int i = 0; i < 4; i++) {
            load("int", "i_" + (1000 + i), base + " + " + i);
        }
    }

    @Test
    void fourNeighboursBecomeOneLoad() {
        four("i_2");

        assertThat(joined())
                .contains("  int4 four_0;\n  four_0  =  *(( int4 *) (w + l_23 - 0L));\n  i_1000  =  four_0.x;")
                .contains("  i_1001  =  four_0.y;")
                .contains("  i_1002  =  four_0.z;")
                .contains("  i_1003  =  four_0.w;")
                .doesNotContain("( int *)");
    }

    @Test
    void whichComesFirstDoesNotMatter() {
        load("float", "f_1002", "i_2 + 6");
        load("float", "f_1000", "i_2 + 4");
        load("float", "f_1003", "i_2 + 7");
        load("float", "f_1001", "i_2 + 5");

        assertThat(joined())
                .contains("  float4 four_0;\n  four_0  =  *(( float4 *) (w + l_23 - 8L));\n  f_1002  =  four_0.z;")
                .contains("  f_1000  =  four_0.x;")
                .doesNotContain("( float *)");
    }

    @ParameterizedTest
    @CsvSource({
        "i_1 * 36, 0",
        "i_1 << 3, 8",
        "i_1 & -4, 4",
        "i_1 * 2, -1",
        "i_1 << 1, -1",
        "i_1 + 1, -1",
        "i_1 & 7, -1",
        "i_2 - 4, 0",
        "i_1 % 16, -1",
        "i_1, -1",
        "i_2 % 16, 0",
        "i_2 & 15, 0",
        "i_2 & 14, -1",
        "i_2 % 6, -1"
    })
    void onlyMultiplesOfFourAreJoined(String base, int from) {
        lines.add("  i_3  =  " + base + ";");
        for (int i = 0; i < 4; i++) {
            load("int", "i_" + (1000 + i), "i_3 + " + (Math.max(from, 0) + i));
        }

        assertThat(joined().contains("int4")).isEqualTo(from >= 0);
    }

    @Test
    void aSumIsAMultipleIfItsTermsAre() {
        lines.add("  i_3  =  i_2 + 2;");
        lines.add("  i_4  =  i_1 * 720;");
        lines.add("  i_5  =  i_3 + i_4;");
        for (int i = 0; i < 4; i++) {
            load("int", "i_" + (1000 + i), "i_5 + " + (2 + i)); // 2 + 2 is the next multiple
        }

        assertThat(joined()).contains("int4").contains("i_1000  =  four_0.x;");
    }

    @Test
    void aRemainderOfATermCounts() {
        lines.add("  i_3  =  i_2 - 3;"); // one more than a multiple, and no sum of a variable and a number
        for (int i = 0; i < 4; i++) {
            load("int", "i_" + (1000 + i), "i_3 + " + (3 + i));
        }

        assertThat(joined()).contains("int4").contains("i_1000  =  four_0.x;");
    }

    @Test
    void anElementMayBeLoadedMoreThanOnce() {
        four("i_2");
        load("int", "i_2001", "i_2 + 1");

        assertThat(joined())
                .contains("  i_1001  =  four_0.y;", "  i_2001  =  four_0.y;")
                .doesNotContain("( int *)");
    }

    @Test
    void theHeaderMayBePartOfTheIndex() {
        load("int", "i_1000", "i_2 + 0");
        load("int", "i_1001", "i_2 + 1");
        load("int", "i_1003", "i_2 + 3");
        lines.add("  i_3  =  i_2 + 6;");
        lines.add("  l_4  =  (long long) i_3;");
        lines.add("  l_5  =  l_4 << 2;");
        lines.add("  i_1002  =  *(( int *) (w + l_5));");

        assertThat(joined()).contains("i_1002  =  four_0.z;");
    }

    @Test
    void threeAreNotJoined() {
        load("int", "i_1000", "i_2 + 0");
        load("int", "i_1001", "i_2 + 1");
        load("int", "i_1002", "i_2 + 2");

        assertThat(joined()).isEqualTo(source());
    }

    @Test
    void loadsOfOtherTypesOrPlacesAreNot() {
        load("int", "i_1000", "i_2 + 0");
        load("int", "i_1001", "i_2 + 1");
        load("int", "i_1002", "i_2 + 2");
        load("float", "f_1003", "i_2 + 3");
        load("int", "i_1003", "i_2 + 7");

        assertThat(joined()).isEqualTo(source());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "  *(( int *) (w + l_23))  =  i_1;",
                "  __syncthreads();",
                "  if(b_30)",
                "  }  // B3",
                "  i_8  =  atomicAdd(x, 1);",
                "  asm volatile(\"cp.async.wait_group 0;\");",
                "  whatever(i_1);"
            })
    void whatMayChangeAnArrayEndsABlock(String line) {
        load("int", "i_1000", "i_2 + 0");
        load("int", "i_1001", "i_2 + 1");
        lines.add(line);
        load("int", "i_1002", "i_2 + 2");
        load("int", "i_1003", "i_2 + 3");

        assertThat(joined()).isEqualTo(source());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "  adf_5[i_1]  =  f_9;",
                "  ul_7[16]  =  f_9;",
                "  // BLOCK 4",
                "  f_9  =  f_8 * 2.0F;",
                "  asm(\"dp4a.s32.s32 %0, %1, %2, %3;\" : \"=r\"(i_7) : \"r\"(i_8), \"r\"(i_9), \"r\"(0));"
            })
    void arithmeticAndLocalArraysDoNot(String line) {
        load("int", "i_1000", "i_2 + 0");
        load("int", "i_1001", "i_2 + 1");
        lines.add(line);
        load("int", "i_1002", "i_2 + 2");
        load("int", "i_1003", "i_2 + 3");

        assertThat(joined()).contains("int4");
    }

    @Test
    void aVariableThatChangesIsNoPlace() {
        lines.add("  i_3  =  0;");
        lines.add("  i_4  =  i_3 << 2;");
        four("i_3");
        lines.add("  i_3  =  i_4;");

        assertThat(joined()).isEqualTo(source());
    }

    @Test
    void aPlaceThatDependsOnAChangingVariableIsOneWithinItsBlock() {
        lines.add("  i_3  =  0;");
        lines.add("  for(;i_3 < i_9;)");
        lines.add("  {");
        lines.add("    i_4  =  i_3 << 2;");
        four("i_4");
        lines.add("    i_5  =  i_3 + 1;");
        lines.add("    i_3  =  i_5;");
        lines.add("  }");

        assertThat(joined()).contains("int4");
    }

    @Test
    void theSameFourTwiceIsJoinedTwiceIfBlocksDiffer() {
        four("i_2");
        lines.add("  __syncthreads();");
        for (int i = 0; i < 4; i++) {
            load("int", "i_" + (2000 + i), "i_2 + " + i);
        }

        assertThat(joined()).contains("four_0").contains("four_1").contains("i_2003  =  four_1.w;");
    }
}
