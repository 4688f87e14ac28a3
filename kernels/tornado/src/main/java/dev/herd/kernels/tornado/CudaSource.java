package dev.herd.kernels.tornado;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What Herd changes in the CUDA C that TornadoVM prints of a kernel, before it keeps it. Most of it says what is so already, in a
 * way that the driver's compiler can use: how many groups are to fit on a multiprocessor, that arrays are in global memory, where
 * local ones are, and which words lie side by side ({@link WideLoads}). Halves are converted without a
 * header, and from what bits say.
 */
final class CudaSource {
    /** What comes before a kernel's name. */
    private static final String KERNEL = "__global__ void ";

    private static final Pattern ARRAY = Pattern.compile("\\s*(ul_\\d+)  =  \\(unsigned long long\\) (\\w+);");
    private static final Pattern ADDRESS = Pattern.compile("\\s*(ul_\\d+)  =  (ul_\\d+) \\+ (l_\\d+|\\d+L);");
    private static final Pattern ACCESS = Pattern.compile("\\*\\(\\( (int|float) \\*\\) (ul_\\d+)\\)");

    /** Statements by which TornadoVM finds the place of a local array that matrix units read, a byte offset from its start. */
    private static final Pattern LOCAL_PLACE = Pattern.compile(
            "asm volatile\\(\"\\{ \\.reg \\.u64 u; cvta\\.to\\.shared\\.u64 u, %1;"
                    + " cvt\\.u32\\.u64 %0, u; \\}\" : \"=r\"\\((\\w+)\\) : \"l\"\\(\\(const char \\*\\) (\\w+) \\+ (\\w+)\\)\\);");

    private static final String HEADER = "#include <cuda_fp16.h>\n";
    private static final Pattern FLOAT_OF_BITS = Pattern.compile("__half2float\\(((?:i|ui|sh)_\\d+)\\)");
    private static final Pattern FLOAT_OF_HALF = Pattern.compile("__half2float\\((f_\\d+)\\)");
    private static final Pattern BITS_OF_HALF = Pattern.compile("__half_as_ushort\\((f_\\d+)\\)");

    /** What kernels need of {@link #HEADER}, which runtime images do not have, nor what it includes in its turn. */
    private static final String CONVERSIONS =
            "static __device__ __forceinline__ float half_to_float(unsigned short half)"
                    + " { float x; asm(\"cvt.f32.f16 %0, %1;\" : \"=f\"(x) : \"h\"(half)); return x; }\n"
                    + "static __device__ __forceinline__ unsigned short float_to_half(float x)"
                    + " { unsigned short half; asm(\"cvt.rn.f16.f32 %0, %1;\" : \"=h\"(half) : \"f\"(x)); return half; }\n";

    private CudaSource() {}

    /** The source as it is kept; what is not CUDA C stays as it is. */
    static String improved(String source, KernelCall call) {
        String bounded = bounded(source, call);
        return bounded.contains(KERNEL) ? localPlaces(WideLoads.joined(throughArrays(withHalves(bounded)))) : bounded;
    }

    /** The source with what a kernel's groups are to leave room for, which TornadoVM has no way to say; CUDA C only. */
    static String bounded(String source, KernelCall call) {
        if (call.groupsHeld() == 0) {
            return source;
        }
        long[] group = Objects.requireNonNull(call.grid().apply(1).getLocalWork());
        String bounded = source.replaceFirst(
                KERNEL,
                KERNEL + "__launch_bounds__(" + group[0] * group[1] * group[2] + ", " + call.groupsHeld() + ") ");
        if (bounded.equals(source)) {
            throw new IllegalStateException("TornadoVM printed kernel " + call.key() + " without '" + KERNEL + "'");
        }
        return bounded;
    }

    /**
     * The source with halves converted by instructions, and not by a header of CUDA's that must be found first. Of a half's bits,
     * TornadoVM prints the half of that number; Java means the one that they are.
     */
    static String withHalves(String source) {
        String ofBits = FLOAT_OF_BITS.matcher(source).replaceAll("half_to_float((unsigned short) $1)");
        String ofHalves = FLOAT_OF_HALF.matcher(ofBits).replaceAll("half_to_float(float_to_half($1))");
        String converted = BITS_OF_HALF.matcher(ofHalves).replaceAll("float_to_half($1)");
        boolean isComplete = !converted.replace(HEADER, "").contains("half2") && !converted.contains("__half");
        return isComplete ? converted.replace(HEADER, CONVERSIONS) : converted.replace(HEADER, HEADER + CONVERSIONS);
    }

    /**
     * The source with places in local memory as C, in which the compiler sees that they differ by constants; through the
     * statements that TornadoVM prints, each of them takes three instructions more.
     */
    static String localPlaces(String source) {
        return LOCAL_PLACE.matcher(source).replaceAll("$1  =  (unsigned) __cvta_generic_to_shared($2) + $3;");
    }

    /**
     * The source with elements of arrays named by the array and an offset, not by a number that was a pointer once. Only so does
     * the compiler know that they are in global memory, which needs no check at run time and has nothing to do with local arrays,
     * and that a constant part of the offset can be left to the instruction.
     */
    static String throughArrays(String source) {
        Map<String, String> arrays = new HashMap<>();
        Map<String, String> addresses = new HashMap<>();
        Set<String> ambiguous = new HashSet<>();
        source.lines().forEach(line -> {
            Matcher array = ARRAY.matcher(line);
            Matcher address = ADDRESS.matcher(line);
            if (array.matches()) {
                arrays.put(array.group(1), array.group(2));
            } else if (address.matches() && arrays.containsKey(address.group(2))) {
                String place = arrays.get(address.group(2)) + " + " + address.group(3);
                String known = addresses.put(address.group(1), place); // a block of statements may be printed twice
                if (known != null && !known.equals(place)) {
                    ambiguous.add(address.group(1));
                }
            }
        });
        addresses.keySet().removeAll(ambiguous);
        return ACCESS.matcher(source).replaceAll(access -> {
            String known = addresses.get(access.group(2));
            return known == null ? access.group() : "*(( " + access.group(1) + " *) (" + known + "))";
        });
    }
}
