package dev.herd.kernels.tornado;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.AccessibleObject;
import java.lang.reflect.Constructor;
import java.lang.reflect.Field;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import uk.ac.manchester.tornado.api.common.TornadoDevice;

/**
 * CUDA's compiler, NVRTC, and the driver's loader (ADR 0019). TornadoVM would have sources compiled one after the other at every
 * start, up to 0.7 s for a kernel on matrix units. Here all threads compile, and what tasks are to run is put where TornadoVM
 * looks for what it has compiled itself. Methods and a field of TornadoVM's that its API does not have, looked up; the launcher
 * opens their package ({@code --add-opens}).
 */
final class CudaPrograms implements DriverCompiler {
    private static final String PACKAGE = "uk.ac.manchester.tornado.drivers.cuda.";
    private static final String SUCCESS = "CL_BUILD_SUCCESS";

    private final Object context;
    private final long device;
    private final int version;
    private final Method createFromSource;
    private final Method createFromImage;
    private final Method build;
    private final Method status;
    private final Method buildLog;
    private final Method imageSizes;
    private final Method readImages;
    private final Method createKernel;
    private final Method handle;
    private final Method cleanup;
    private final Field pointer;
    private final Method codeCache;
    private final Field installed;
    private final Constructor<?> code;

    /** @throws ReflectiveOperationException if this TornadoVM has other methods, or they are not open to us */
    CudaPrograms(TornadoDevice tornado) throws ReflectiveOperationException {
        ClassLoader loader = tornado.getClass().getClassLoader();
        context = tornado.getClass().getMethod("getDeviceContext").invoke(tornado);
        Class<?> contexts = Class.forName(PACKAGE + "CUDADeviceContextInterface", false, loader);
        Class<?> program = Class.forName(PACKAGE + "CUDAProgram", false, loader);
        Class<?> kernel = Class.forName(PACKAGE + "CUDAKernel", false, loader);
        Class<?> deviceContext = Class.forName(PACKAGE + "CUDADeviceContext", false, loader);
        device = (long) deviceContext.getMethod("getDeviceId").invoke(context);
        version = (int) program.getMethod("getNvrtcVersion").invoke(null);
        createFromSource = contexts.getMethod("createProgramWithSource", byte[].class, long[].class);
        createFromImage = contexts.getMethod("createProgramWithBinary", byte[].class, long[].class);
        build = program.getMethod("build", String.class);
        status = program.getMethod("getStatus", long.class);
        buildLog = program.getMethod("getBuildLog", long.class);
        imageSizes = program.getMethod("getBinarySizes");
        readImages = open(program.getDeclaredMethod("getBinaries", long.class, long.class, ByteBuffer.class));
        createKernel = program.getMethod("clCreateKernel", String.class);
        handle = kernel.getMethod("getOclKernelID");
        cleanup = program.getMethod("cleanup");
        pointer = open(program.getDeclaredField("programPointer"));
        codeCache = contexts.getMethod("getCodeCache", long.class);
        installed = open(Class.forName(PACKAGE + "CUDACodeCache", false, loader).getDeclaredField("cache"));
        code = Class.forName(PACKAGE + "graal.CUDAInstalledCode", false, loader)
                .getConstructor(String.class, byte[].class, deviceContext, program, kernel, boolean.class);
    }

    private static <T extends AccessibleObject> T open(T member) throws IllegalAccessException {
        if (!member.trySetAccessible()) {
            throw new IllegalAccessException(
                    member + " is not open to Herd: the JVM lacks an option that ./herd gives it");
        }
        return member;
    }

    @Override
    public String version() {
        return "NVRTC " + version / 1000 + "." + version % 1000;
    }

    @Override
    public byte[] compile(Path path) {
        byte[] source;
        try {
            source = Files.readAllBytes(path);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return call(() -> {
            Object program = created(createFromSource.invoke(context, source, new long[] {source.length}));
            try {
                build.invoke(program, "");
                if (!isBuilt(program)) {
                    throw new IllegalStateException(
                            "CUDA's compiler does not take " + path + ": " + buildLog.invoke(program, device));
                }
                ByteBuffer image = ByteBuffer.allocateDirect(Math.toIntExact(((long[]) imageSizes.invoke(program))[0]));
                readImages.invoke(null, pointer.getLong(program), 1L, image);
                byte[] bytes = new byte[image.capacity()];
                image.get(bytes);
                return bytes;
            } finally {
                cleanup.invoke(program);
            }
        });
    }

    @Override
    public boolean install(long plan, String task, String method, byte[] image) {
        return call(() -> {
            Object program = created(createFromImage.invoke(context, image, new long[] {image.length}));
            boolean isInstalled = false;
            try {
                build.invoke(program, "");
                Object kernel = isBuilt(program) ? createKernel.invoke(program, method) : null;
                if (kernel != null && (long) handle.invoke(kernel) != 0) { // or the image is of something else
                    put(plan, task + "-" + method, code.newInstance(method, image, context, program, kernel, false));
                    isInstalled = true;
                }
                return isInstalled;
            } finally {
                if (!isInstalled) {
                    cleanup.invoke(program);
                }
            }
        });
    }

    /** TornadoVM prints what kept it from making a program, and yields none. */
    static Object created(@Nullable Object program) {
        if (program == null) {
            throw new IllegalStateException("TornadoVM makes no CUDA program; its error is on standard output");
        }
        return program;
    }

    /** TornadoVM makes a plan's cache when it is first asked for, without regard to other threads. */
    @SuppressWarnings("unchecked") // its type, but for the class of its values, which is none of the API's
    private synchronized void put(long plan, String name, Object value) throws ReflectiveOperationException {
        ((Map<String, Object>) installed.get(codeCache.invoke(context, plan))).put(name, value);
    }

    private boolean isBuilt(Object program) throws ReflectiveOperationException {
        return status.invoke(program, device).toString().equals(SUCCESS);
    }

    /** A call into TornadoVM. */
    @FunctionalInterface
    private interface Call<T> {
        T run() throws ReflectiveOperationException;
    }

    private static <T> T call(Call<T> call) {
        try {
            return call.run();
        } catch (InvocationTargetException e) {
            throw new IllegalStateException("CUDA's compiler failed: " + e.getCause(), e);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }
}
