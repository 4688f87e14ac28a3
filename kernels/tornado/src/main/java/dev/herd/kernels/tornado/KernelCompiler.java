package dev.herd.kernels.tornado;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
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
 * ({@code prebuiltTask}), from which only the driver's compiler is left to run. Sources are kept in a {@link KernelCache}.
 */
final class KernelCompiler {
    /** Where TornadoVM prints sources; it reads this property once, when its classes are loaded. */
    static final String PRINT_PROPERTY = "tornado.print.kernel.dir";

    private final KernelCache cache;
    private final Path printed;
    private final Consumer<List<Path>> driver;
    private final Map<String, Path> sources = new HashMap<>();
    private int compiled;
    private int cached;
    private long nanos;

    /**
     * @param printed the file that {@link #PRINT_PROPERTY} names
     * @param driver is given new sources before they are put to use
     */
    KernelCompiler(KernelCache cache, Path printed, Consumer<List<Path>> driver) {
        this.cache = cache;
        this.printed = printed;
        this.driver = driver;
    }

    void prepare(Collection<KernelCall> calls) {
        long start = System.nanoTime();
        List<Path> added = new ArrayList<>();
        for (KernelCall call : calls) {
            if (!sources.containsKey(call.key())) {
                Path source = source(call);
                sources.put(call.key(), source);
                added.add(source);
            }
        }
        driver.accept(added);
        nanos += System.nanoTime() - start;
    }

    private Path source(KernelCall call) {
        Optional<Path> known = cache.find(call.key());
        if (known.isPresent()) {
            cached++;
            return known.get();
        }
        compiled++;
        return cache.keep(call.key(), compile(call));
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
            return source;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (TornadoExecutionPlanException | RuntimeException | Error e) { // TornadoVM throws errors of its own
            throw new IllegalStateException("kernel " + call.key() + " does not compile: " + e.getMessage(), e);
        }
    }

    /** All arrays are said to be read and written: which of them are is the kernel's affair, and graphs state transfers. */
    void add(TaskGraph graph, String id, KernelCall call) {
        Path source = sources.get(call.key());
        if (source == null) {
            throw new IllegalStateException("kernel " + call.key() + " was not prepared");
        }
        AccessorParameters parameters = new AccessorParameters(call.arguments().size());
        for (int i = 0; i < call.arguments().size(); i++) {
            Object argument = call.arguments().get(i);
            parameters.set(i, argument, argument instanceof TornadoNativeArray ? Access.READ_WRITE : Access.NONE);
        }
        graph.prebuiltTask(id, call.method(), source.toString(), parameters);
    }

    String summary() {
        return compiled + " kernels compiled, " + cached + " from the cache, in "
                + String.format(Locale.ROOT, "%.1f", nanos / 1e9) + " s";
    }
}
