package dev.herd.kernels.tornado;

import dev.herd.kernels.device.Device;
import dev.herd.kernels.device.Device.Facts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import uk.ac.manchester.tornado.api.TornadoBackend;
import uk.ac.manchester.tornado.api.common.TornadoDevice;
import uk.ac.manchester.tornado.api.enums.TornadoVMBackendType;
import uk.ac.manchester.tornado.api.runtime.TornadoRuntimeProvider;

/** Starts TornadoVM and finds its device. Nothing of TornadoVM may be touched before {@link #open}. */
public final class TornadoDevices {
    /** Whether steps are recorded as CUDA graphs; a property, true unless it says otherwise. */
    static final String CUDA_GRAPHS = "dev.herd.cuda-graphs";

    private static final String CUDA_MODULE = "tornado.drivers.cuda";
    private static final String FLUSH = "tornado.vmflush";
    private static final String DRIVER_LINE = "driver version";
    private static final Pattern VERSION = Pattern.compile("(\\d+)\\.(\\d+)");

    /** All that kernels consist of, and what adds to their sources. */
    static final List<Class<?>> KERNELS = List.of(
            Attention.class,
            AttentionTile.class,
            Bits.class,
            CudaSource.class,
            Elements.class,
            Embedding.class,
            ExpertMatMul.class,
            Experts.class,
            FewAttention.class,
            Gated.class,
            Gelu.class,
            HalfInputs.class,
            HalfRange.class,
            KeyValues.class,
            MatMul.class,
            MatVec.class,
            MmaAttention.class,
            MmaGeometry.class,
            MmaMatMul.class,
            MmaSums.class,
            MmaTile.class,
            MmaVision.class,
            NarrowMatMul.class,
            Norms.class,
            Pieces.class,
            Q4KRows.class,
            Reservation.class,
            RoundedAttention.class,
            RoundedExpertMatMul.class,
            RoundedExperts.class,
            RoundedInputs.class,
            RoundedProducts.class,
            RoundedQ4K.class,
            RoundedRows.class,
            RoutedNorm.class,
            Router.class,
            RunAttention.class,
            Sampling.class,
            Step.class,
            Tile.class,
            Vision.class,
            Weights.class,
            WideLoads.class);

    private TornadoDevices() {}

    /** The default device, whose kernels are compiled. To be called once in a JVM. */
    static Device open(Optional<Path> kernelCache, Consumer<String> log) throws IOException {
        Path printed = Files.createTempFile("herd-kernel", ".txt");
        printed.toFile().deleteOnExit();
        System.setProperty(KernelCompiler.PRINT_PROPERTY, printed.toString());
        setIfAbsent("tornado.recover.bailout", "False");
        setIfAbsent("tornado.device.memory", "4096GB");
        setIfAbsent("tornado.tvm.maxbytecodesize", "16384");
        setIfAbsent("tornado.max.events", "128");
        if (ModuleLayer.boot().findModule(CUDA_MODULE).isPresent()) {
            setIfAbsent(FLUSH, "False");
            setIfAbsent("tornado.eventpool.size", "8192");
        }
        setIfAbsent("jdk.graal.MaximumInliningSize", "3000");
        setIfAbsent("jdk.graal.MaximumDesiredSize", "200000");
        setIfAbsent("jdk.graal.MethodInlineBailoutLimit", "100000");
        setIfAbsent("tornado.cuda.host.pinning", "False");
        setIfAbsent("tornado.staged.transfers", "True");
        PrebuiltTaskRepair.apply();
        TornadoBackend backend = TornadoRuntimeProvider.getTornadoRuntime().getBackend(0);
        TornadoDevice device = backend.getDefaultDevice();
        Facts facts = facts(backend.getBackendType(), device);
        String suffix = backend.getBackendType() == TornadoVMBackendType.OPENCL ? ".cl" : ".cu";
        List<String> origin =
                List.of(version(), KernelCache.bytecodeHash(KERNELS), facts.backend(), facts.name(), facts.driver());
        KernelCache cache = kernelCache
                .map(root -> KernelCache.open(root, origin, suffix, log))
                .orElseGet(() -> KernelCache.temporary(suffix, log));
        Capabilities capabilities = capabilities(backend.getBackendType(), device);
        if (backend.getBackendType() == TornadoVMBackendType.CUDA && !capabilities.hasDp4a()) {
            log.accept(facts.name() + " names no compute capability of 6.1 or more: its kernels are the portable ones");
        }
        KernelLibrary library = new KernelLibrary.Compiled(
                new KernelCompiler(cache, printed, driver(backend.getBackendType(), device, log)), capabilities);
        return new GraphDevice(
                facts,
                device.getMaxAllocMemory(),
                library,
                recorder(backend.getBackendType(), device, facts, log),
                log);
    }

    /** CUDA's; OpenCL's drivers keep what they compile by themselves. */
    private static Optional<DriverCompiler> driver(
            TornadoVMBackendType backend, TornadoDevice device, Consumer<String> log) {
        if (backend == TornadoVMBackendType.CUDA) {
            try {
                return Optional.of(new CudaPrograms(device));
            } catch (ReflectiveOperationException other) {
                log.accept("kernels are compiled one by one at each start, since TornadoVM cannot be given them: "
                        + reason(other));
            }
        }
        return Optional.empty();
    }

    /** Of CUDA devices, unless somebody does not want it. */
    private static Optional<Recorder> recorder(
            TornadoVMBackendType backend, TornadoDevice device, Facts facts, Consumer<String> log) {
        if (backend != TornadoVMBackendType.CUDA || !Boolean.parseBoolean(System.getProperty(CUDA_GRAPHS, "true"))) {
            return Optional.empty();
        }
        if (Boolean.parseBoolean(System.getProperty(FLUSH))) {
            log.accept(
                    "no CUDA graphs, since " + FLUSH + " has TornadoVM wait for the device, which cannot be recorded");
            return Optional.empty();
        }
        try {
            return Optional.of(new CudaRecorder(new TornadoCudaGraphs(device), bytesPerKernel(facts.driver())));
        } catch (ReflectiveOperationException other) {
            log.accept("no CUDA graphs, since this TornadoVM is another: " + reason(other));
            return Optional.empty();
        }
    }

    /**
     * Bytes that the driver takes for a kernel of a CUDA graph: 64 KiB until that of CUDA 12.4, and less since, how much is not
     * stated.
     *
     * @param driver the version of CUDA that it is for
     */
    static long bytesPerKernel(String driver) {
        Matcher version = VERSION.matcher(driver);
        if (version.find()) {
            int major = Integer.parseInt(version.group(1));
            int minor = Integer.parseInt(version.group(2));
            if (major > 12 || (major == 12 && minor >= 4)) {
                return 4L << 10;
            }
        }
        return 64L << 10;
    }

    /** A method that is not there is named by the exception; what a method threw is its cause. */
    private static String reason(ReflectiveOperationException failure) {
        return failure.getCause() == null
                ? failure.toString()
                : failure.getCause().toString();
    }

    /** OpenCL offers kernels in Java nothing that not every device has. */
    private static Capabilities capabilities(TornadoVMBackendType backend, TornadoDevice device) {
        return backend == TornadoVMBackendType.CUDA
                ? Capabilities.ofCuda(device.getPhysicalDevice().getDeviceInfo())
                : Capabilities.NONE;
    }

    /** What a device declares that came from here. */
    public static Capabilities capabilities(Device device) {
        return ((GraphDevice) device).library().capabilities();
    }

    /**
     * A device whose kernels run as Java, in the emulator of TornadoVM's API.
     *
     * @param capabilities of the device that is emulated
     */
    public static Device emulated(Capabilities capabilities, Consumer<String> log) {
        return new GraphDevice(
                new Facts(
                        "emulator",
                        "Java",
                        System.getProperty("java.version"),
                        Runtime.getRuntime().maxMemory()),
                Integer.MAX_VALUE,
                new KernelLibrary.Java(capabilities),
                Optional.of(new Recorder.Emulated()),
                log);
    }

    /**
     * Kernels that do not compile would otherwise run once as plain Java, graphs and devices are larger than by default, and
     * the CUDA backend would lock the pages of every array, which for {@link HostMemory} takes memory that it does without. What
     * it calls a flush at the end of each graph has the host wait for the device.
     */
    private static void setIfAbsent(String property, String value) {
        if (System.getProperty(property) == null) {
            System.setProperty(property, value);
        }
    }

    private static Facts facts(TornadoVMBackendType backend, TornadoDevice device) {
        return new Facts(
                backend.name(),
                device.getPhysicalDevice().getDeviceName().strip(),
                driver(device.getPhysicalDevice().getDeviceInfo()),
                device.getMaxGlobalMemory());
    }

    private static String driver(String description) {
        return description
                .lines()
                .filter(line -> line.toLowerCase(Locale.ROOT).startsWith(DRIVER_LINE))
                .map(line -> line.substring(line.indexOf(':') + 1).strip())
                .findFirst()
                .orElse("unknown");
    }

    private static String version() {
        return ModuleLayer.boot()
                .findModule("tornado.api")
                .flatMap(module -> module.getLayer().configuration().findModule("tornado.api"))
                .flatMap(module -> module.reference().location())
                .map(location -> Path.of(location).getFileName().toString())
                .orElse("unknown");
    }
}
