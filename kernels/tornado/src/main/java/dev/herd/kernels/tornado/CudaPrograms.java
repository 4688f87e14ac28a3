package dev.herd.kernels.tornado;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import uk.ac.manchester.tornado.api.common.TornadoDevice;

/**
 * Has CUDA's compiler compile sources on all threads. TornadoVM has it compile one after the other, up to 0.7 s for a kernel on
 * matrix units, at every start, but keeps what comes of a source for those that are equal, whoever had it compiled: so each is
 * compiled here first. Methods of TornadoVM's that its API does not have, looked up.
 */
final class CudaPrograms {
    private static final String CONTEXTS = "uk.ac.manchester.tornado.drivers.cuda.CUDADeviceContextInterface";
    private static final String PROGRAM = "uk.ac.manchester.tornado.drivers.cuda.CUDAProgram";

    private final Object context;
    private final Method create;
    private final Method build;
    private final Method cleanup;

    /** @throws ReflectiveOperationException if this TornadoVM has other methods */
    CudaPrograms(TornadoDevice device) throws ReflectiveOperationException {
        ClassLoader loader = device.getClass().getClassLoader();
        context = device.getClass().getMethod("getDeviceContext").invoke(device);
        create =
                Class.forName(CONTEXTS, false, loader).getMethod("createProgramWithSource", byte[].class, long[].class);
        Class<?> program = Class.forName(PROGRAM, false, loader);
        build = program.getMethod("build", String.class);
        cleanup = program.getMethod("cleanup");
    }

    /** What does not compile is told when it is put to use. */
    void compile(Collection<Path> sources) {
        sources.parallelStream().forEach(this::compile);
    }

    private void compile(Path path) {
        try {
            byte[] source = Files.readAllBytes(path);
            Object program = create.invoke(context, source, new long[] {source.length});
            build.invoke(program, "");
            cleanup.invoke(program);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InvocationTargetException e) {
            throw new IllegalStateException("CUDA's compiler failed: " + e.getCause(), e);
        } catch (IllegalAccessException e) {
            throw new IllegalStateException(e);
        }
    }
}
