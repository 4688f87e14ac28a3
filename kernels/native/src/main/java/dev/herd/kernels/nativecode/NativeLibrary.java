package dev.herd.kernels.nativecode;

import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The C library of this platform, unpacked from the jar and loaded for the life of the process. */
final class NativeLibrary {
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;

    /**
     * How every function is called: linking a signature takes milliseconds of a start, so there is one, the longest. A C
     * function does not see arguments beyond its own, and takes its float from a register of that kind wherever it stands
     * among the integers; one without a result leaves anything in its register. So say the calling conventions of Linux and
     * macOS on x86-64 and aarch64.
     */
    private static final MethodHandle CALL = Linker.nativeLinker()
            .downcallHandle(FunctionDescriptor.of(
                    LONG, LONG, LONG, LONG, LONG, LONG, LONG, LONG, LONG, LONG, LONG, ValueLayout.JAVA_FLOAT));

    /** The one attempt to load it. */
    static final Attempt LOADED = attempt(platform());

    private final Map<InstructionSet, MemorySegment> tables;
    private final MemorySegment matMulScratch;
    private final MemorySegment attendScratch;
    private final MemorySegment attendAllScratch;

    private NativeLibrary(SymbolLookup symbols) {
        this.matMulScratch = function(symbols, "herd_matmul_scratch");
        this.attendScratch = function(symbols, "herd_attend_scratch");
        this.attendAllScratch = function(symbols, "herd_attend_all_scratch");
        this.tables = tables(function(symbols, "herd_kernels"));
    }

    /** A library, or why there is none. */
    record Attempt(@Nullable NativeLibrary library, Optional<String> refusal) {
        NativeLibrary orThrow() {
            if (library == null) {
                throw new IllegalStateException(refusal.orElse("the native kernels are not loaded"));
            }
            return library;
        }
    }

    /** Loads the library of {@code platform}, or says in one sentence why that cannot be. */
    static Attempt attempt(String platform) {
        String resource = "libherd-kernels-" + platform + ".so";
        try (InputStream content = NativeLibrary.class.getResourceAsStream(resource)) {
            if (content == null) {
                return refused("this build has no C kernels for " + platform
                        + "; build Herd on such a machine with a C compiler (cc, gcc or clang)");
            }
            Path file = Files.createTempFile("herd-kernels", ".so");
            try {
                Files.copy(content, file, StandardCopyOption.REPLACE_EXISTING);
                return new Attempt(
                        new NativeLibrary(SymbolLookup.libraryLookup(file, Arena.global())), Optional.empty());
            } finally {
                Files.deleteIfExists(file); // what is mapped stays
            }
        } catch (IOException | IllegalArgumentException | IllegalCallerException cause) {
            return refused("the C kernels for " + platform + " cannot be loaded: " + cause.getMessage());
        }
    }

    private static Attempt refused(String why) {
        return new Attempt(null, Optional.of(why));
    }

    /** Operating system and architecture as {@code build.sh} names them. */
    static String platform() {
        String system = System.getProperty("os.name", "").toLowerCase(Locale.ROOT);
        String machine = System.getProperty("os.arch", "");
        return (system.startsWith("mac") ? "darwin" : system.replace(' ', '-')) + "-"
                + (machine.equals("amd64") ? "x86_64" : machine);
    }

    /** Addresses of the kernels of {@code instructions}, in the order of the C table; null if this CPU lacks them. */
    @Nullable
    MemorySegment table(InstructionSet instructions) {
        return tables.get(instructions);
    }

    /** The most capable instruction set of this CPU. */
    InstructionSet best() {
        return tables.keySet().iterator().next();
    }

    long matMulScratch(long tokens, long columns) {
        return ask(matMulScratch, tokens, columns);
    }

    long attendScratch(long headSize) {
        return ask(attendScratch, headSize, 0);
    }

    long attendAllScratch(long tokens, long headSize) {
        return ask(attendAllScratch, tokens, headSize);
    }

    private static long ask(MemorySegment function, long first, long second) {
        return call(function, first, second, 0, 0, 0, 0, 0, 0, 0, 0, 0);
    }

    /** Calls a function of the library: its integers and addresses, then its float; what it does not take is ignored. */
    static long call(
            MemorySegment function,
            long a,
            long b,
            long c,
            long d,
            long e,
            long f,
            long g,
            long h,
            long i,
            long j,
            float real) {
        try {
            return (long) CALL.invokeExact(function, a, b, c, d, e, f, g, h, i, j, real);
        } catch (Throwable thrown) {
            // C functions throw nothing; only a wrong signature ends here.
            throw new AssertionError("a call into the C kernels failed", thrown);
        }
    }

    private static MemorySegment function(SymbolLookup symbols, String name) {
        return symbols.find(name)
                .orElseThrow(() -> new IllegalArgumentException("the library has no function " + name));
    }

    private static Map<InstructionSet, MemorySegment> tables(MemorySegment kernels) {
        Map<InstructionSet, MemorySegment> found = new EnumMap<>(InstructionSet.class);
        long bytes = MemoryLayout.sequenceLayout(1L + NativeKernels.FUNCTIONS, ValueLayout.ADDRESS)
                .byteSize();
        for (InstructionSet instructions : InstructionSet.values()) {
            long table = ask(kernels, instructions.number(), 0);
            if (table != 0) {
                found.put(instructions, MemorySegment.ofAddress(table).reinterpret(bytes));
            }
        }
        return found;
    }
}
