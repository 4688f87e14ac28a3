package dev.herd.kernels.tornado;

import java.util.Collection;
import java.util.Map;
import uk.ac.manchester.tornado.api.TaskGraph;

/** How kernels come onto the device. */
sealed interface KernelLibrary {
    /** Makes sure that all these kernels are compiled; of calls that differ in arrays only, the first is enough. */
    void prepare(Collection<KernelCall> calls);

    /** Adds a prepared kernel to a graph. */
    void add(TaskGraph graph, String id, KernelCall call);

    /**
     * Gives tasks what {@link #prepare} made of their kernels, before they first run.
     *
     * @param plan TornadoVM's number of the plan
     * @param tasks by names of graph and task
     */
    void install(long plan, Map<String, KernelCall> tasks);

    /** What the device can do, which decides what kernels it gets. */
    Capabilities capabilities();

    /** What {@link #prepare} and {@link #install} have done so far. */
    KernelTally tally();

    /** What they have done since, for the log. */
    default String summary(KernelTally earlier) {
        return tally().since(earlier).text();
    }

    /** Kernels that stay Java: those of the emulator, which compiles nothing. */
    record Java(Capabilities capabilities) implements KernelLibrary {
        @Override
        public void prepare(Collection<KernelCall> calls) {}

        @Override
        public void add(TaskGraph graph, String id, KernelCall call) {
            call.java().addTo(graph, id);
        }

        @Override
        public void install(long plan, Map<String, KernelCall> tasks) {}

        @Override
        public KernelTally tally() {
            return new KernelTally(0, 0, 0);
        }

        @Override
        public String summary(KernelTally earlier) {
            return "kernels run as Java";
        }
    }

    /** Kernels as sources that TornadoVM printed, now or at an earlier start. */
    record Compiled(KernelCompiler compiler, Capabilities capabilities) implements KernelLibrary {
        @Override
        public void prepare(Collection<KernelCall> calls) {
            compiler.prepare(calls);
        }

        @Override
        public void add(TaskGraph graph, String id, KernelCall call) {
            compiler.add(graph, id, call);
        }

        @Override
        public void install(long plan, Map<String, KernelCall> tasks) {
            compiler.install(plan, tasks);
        }

        @Override
        public KernelTally tally() {
            return compiler.tally();
        }
    }
}
