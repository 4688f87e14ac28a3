package dev.herd.kernels.tornado;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import uk.ac.manchester.tornado.api.AccessorParameters;
import uk.ac.manchester.tornado.api.GridScheduler;
import uk.ac.manchester.tornado.api.TaskGraph;
import uk.ac.manchester.tornado.api.TornadoExecutionPlan;
import uk.ac.manchester.tornado.api.common.Access;
import uk.ac.manchester.tornado.api.exceptions.TornadoExecutionPlanException;
import uk.ac.manchester.tornado.api.types.arrays.TornadoNativeArray;

/**
 * Has each distinct kernel compiled once, and gives graphs the sources that come of it.
 *
 * <p>TornadoVM compiles Java for every task of every graph by itself, some hundred times the same. So each kernel is compiled
 * alone, in a graph that never runs, and TornadoVM prints its source to a file; all graphs then take sources
 * ({@code prebuiltTask}), from which only the driver's compiler is left to run. Where that can be reached by itself, it runs once
 * for each kernel, too. Sources and images are kept in a {@link KernelCache}.
 */
final class KernelCompiler {
    /** Where TornadoVM prints sources; it reads this property once, when its classes are loaded. */
    static final String PRINT_PROPERTY = "tornado.print.kernel.dir";

    private final KernelCache cache;
    private final Path printed;
    private final Optional<DriverCompiler> driver;
    private final Map<String, Path> sources = new HashMap<>();
    private final Map<String, byte[]> images = new ConcurrentHashMap<>();
    private final Set<String> compiled = ConcurrentHashMap.newKeySet(); // keys of those that were not all in the cache
    private long nanos;

    /**
     * @param printed the file that {@link #PRINT_PROPERTY} names
     * @param driver compiles sources, if TornadoVM need not have it done
     */
    KernelCompiler(KernelCache cache, Path printed, Optional<DriverCompiler> driver) {
        this.cache = cache;
        this.printed = printed;
        this.driver = driver;
    }

    void prepare(Collection<KernelCall> calls) {
        long start = System.nanoTime();
        for (KernelCall call : calls) {
            if (!sources.containsKey(call.key())) {
                sources.put(call.key(), source(call));
            }
        }
        driver.ifPresent(compiler -> calls.stream()
                .map(KernelCall::key)
                .filter(key -> !images.containsKey(key)) // which may have a source since an earlier call that failed
                .distinct()
                .toList()
                .parallelStream()
                .forEach(key -> images.put(key, image(compiler, key))));
        nanos += System.nanoTime() - start;
    }

    private byte[] image(DriverCompiler compiler, String key) {
        Path source = prepared(sources, key);
        return cache.findImage(key, source, compiler.version()).orElseGet(() -> newImage(compiler, key, source));
    }

    private byte[] newImage(DriverCompiler compiler, String key, Path source) {
        compiled.add(key);
        byte[] image = compiler.compile(source);
        cache.keepImage(key, source, compiler.version(), image);
        return image;
    }

    /**
     * Has tasks run their kernels' images, where the driver's compiler can be reached; others are built when they first run.
     *
     * @param plan TornadoVM's number of the plan
     * @param tasks prepared kernels, by names of graph and task
     */
    void install(long plan, Map<String, KernelCall> tasks) {
        long start = System.nanoTime();
        driver.ifPresent(compiler -> tasks.entrySet().parallelStream()
                .forEach(task -> install(compiler, plan, task.getKey(), task.getValue())));
        nanos += System.nanoTime() - start;
    }

    private void install(DriverCompiler compiler, long plan, String task, KernelCall call) {
        if (compiler.install(plan, task, call.method(), prepared(images, call.key()))) {
            return;
        }
        cache.complain("the driver does not take the image of " + call.key());
        byte[] another = newImage(compiler, call.key(), prepared(sources, call.key()));
        images.put(call.key(), another);
        if (!compiler.install(plan, task, call.method(), another)) {
            throw new IllegalStateException("the driver does not take what its compiler makes of kernel " + call.key());
        }
    }

    private Path source(KernelCall call) {
        Optional<Path> known = cache.find(call.key());
        if (known.isPresent()) {
            return known.get();
        }
        Path source = cache.keep(call.key(), compile(call));
        compiled.add(call.key());
        return source;
    }

    private String compile(KernelCall call) {
        TaskGraph graph = new TaskGraph("compile");
        call.java().addTo(graph, "t");
        try (TornadoExecutionPlan plan = new TornadoExecutionPlan(graph.snapshot())) {
            Files.deleteIfExists(printed);
            plan.withGridScheduler(new GridScheduler("compile.t", call.grid().apply(1)))
                    .withPrintKernel()
                    .withPreCompilation();
            String source = Files.readString(printed);
            if (!source.contains(" " + call.method() + "(")) {
                throw new IllegalStateException("TornadoVM printed no kernel " + call.method());
            }
            return CudaSource.improved(source, call);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (TornadoExecutionPlanException | RuntimeException | Error e) { // TornadoVM throws errors of its own
            throw new IllegalStateException("kernel " + call.key() + " does not compile: " + e.getMessage(), e);
        }
    }

    /** All arrays are said to be read and written: which of them are is the kernel's affair, and graphs state transfers. */
    void add(TaskGraph graph, String id, KernelCall call) {
        Path source = prepared(sources, call.key());
        AccessorParameters parameters = new AccessorParameters(call.arguments().size());
        for (int i = 0; i < call.arguments().size(); i++) {
            Object argument = call.arguments().get(i);
            parameters.set(i, argument, argument instanceof TornadoNativeArray ? Access.READ_WRITE : Access.NONE);
        }
        graph.prebuiltTask(id, call.method(), source.toString(), parameters);
    }

    private static <T> T prepared(Map<String, T> kernels, String key) {
        T known = kernels.get(key);
        if (known == null) {
            throw new IllegalStateException("kernel " + key + " was not prepared");
        }
        return known;
    }

    /** What has been done so far. */
    KernelTally tally() {
        return new KernelTally(compiled.size(), sources.size() - compiled.size(), nanos);
    }
}
