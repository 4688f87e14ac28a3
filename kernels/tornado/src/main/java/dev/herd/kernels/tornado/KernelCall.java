package dev.herd.kernels.tornado;

import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import java.util.function.IntFunction;
import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.TaskGraph;
import uk.ac.manchester.tornado.api.WorkerGrid;
import uk.ac.manchester.tornado.api.common.TornadoFunctions.Task10;
import uk.ac.manchester.tornado.api.common.TornadoFunctions.Task11;
import uk.ac.manchester.tornado.api.common.TornadoFunctions.Task12;
import uk.ac.manchester.tornado.api.common.TornadoFunctions.Task13;
import uk.ac.manchester.tornado.api.common.TornadoFunctions.Task14;
import uk.ac.manchester.tornado.api.common.TornadoFunctions.Task16;
import uk.ac.manchester.tornado.api.common.TornadoFunctions.Task17;
import uk.ac.manchester.tornado.api.common.TornadoFunctions.Task19;
import uk.ac.manchester.tornado.api.common.TornadoFunctions.Task20;
import uk.ac.manchester.tornado.api.common.TornadoFunctions.Task3;
import uk.ac.manchester.tornado.api.common.TornadoFunctions.Task5;
import uk.ac.manchester.tornado.api.common.TornadoFunctions.Task6;
import uk.ac.manchester.tornado.api.common.TornadoFunctions.Task7;
import uk.ac.manchester.tornado.api.common.TornadoFunctions.Task8;
import uk.ac.manchester.tornado.api.common.TornadoFunctions.Task9;
import uk.ac.manchester.tornado.api.types.arrays.TornadoNativeArray;

/**
 * One launch of a kernel: the method and its arguments.
 *
 * @param kernel class and method, such as {@code Norms.rmsNorm}
 * @param arguments all but the context: arrays, ints and floats
 * @param java adds it to a graph as Java
 * @param grid its grid for a bucket of tokens
 * @param groupsHeld groups that a multiprocessor is to hold at once, for which CUDA's compiler takes no more registers than they
 *     leave; 0 if it may decide
 */
record KernelCall(String kernel, List<Object> arguments, Java java, IntFunction<WorkerGrid> grid, int groupsHeld) {
    private static final KernelContext CONTEXT = new KernelContext();

    KernelCall(String kernel, List<Object> arguments, Java java, IntFunction<WorkerGrid> grid) {
        this(kernel, arguments, java, grid, 0);
    }

    KernelCall {
        Set<Object> arrays = Collections.newSetFromMap(new IdentityHashMap<>());
        for (Object argument : arguments) {
            if (argument instanceof TornadoNativeArray && !arrays.add(argument)) {
                throw new IllegalArgumentException(
                        kernel + " takes an array twice, which TornadoVM's graph compiler does not survive");
            }
        }
    }

    /** Adds a method and its arguments to a graph. */
    @FunctionalInterface
    interface Java {
        void addTo(TaskGraph graph, String id);
    }

    /** Tells compiled kernels apart: numbers are compiled in, arrays are not. */
    String key() {
        StringBuilder key = new StringBuilder(kernel);
        for (Object argument : arguments) {
            if (argument instanceof Number) {
                key.append(' ').append(argument);
            }
        }
        return groupsHeld == 0 ? key.toString() : key + " held " + groupsHeld;
    }

    /** The same kernel, of which a multiprocessor is to hold so many groups at once. */
    KernelCall holding(int groups) {
        return new KernelCall(kernel, arguments, java, grid, groups);
    }

    /** Name of the method. */
    String method() {
        return kernel.substring(kernel.indexOf('.') + 1);
    }

    static <A, B> KernelCall of(
            String kernel, IntFunction<WorkerGrid> grid, Task3<KernelContext, A, B> task, A a, B b) {
        return new KernelCall(kernel, List.of(a, b), (graph, id) -> graph.task(id, task, CONTEXT, a, b), grid);
    }

    static <A, B, C, D> KernelCall of(
            String kernel, IntFunction<WorkerGrid> grid, Task5<KernelContext, A, B, C, D> task, A a, B b, C c, D d) {
        return new KernelCall(
                kernel, List.of(a, b, c, d), (graph, id) -> graph.task(id, task, CONTEXT, a, b, c, d), grid);
    }

    static <A, B, C, D, E> KernelCall of(
            String kernel,
            IntFunction<WorkerGrid> grid,
            Task6<KernelContext, A, B, C, D, E> task,
            A a,
            B b,
            C c,
            D d,
            E e) {
        return new KernelCall(
                kernel, List.of(a, b, c, d, e), (graph, id) -> graph.task(id, task, CONTEXT, a, b, c, d, e), grid);
    }

    static <A, B, C, D, E, F> KernelCall of(
            String kernel,
            IntFunction<WorkerGrid> grid,
            Task7<KernelContext, A, B, C, D, E, F> task,
            A a,
            B b,
            C c,
            D d,
            E e,
            F f) {
        return new KernelCall(
                kernel,
                List.of(a, b, c, d, e, f),
                (graph, id) -> graph.task(id, task, CONTEXT, a, b, c, d, e, f),
                grid);
    }

    static <A, B, C, D, E, F, G> KernelCall of(
            String kernel,
            IntFunction<WorkerGrid> grid,
            Task8<KernelContext, A, B, C, D, E, F, G> task,
            A a,
            B b,
            C c,
            D d,
            E e,
            F f,
            G g) {
        return new KernelCall(
                kernel,
                List.of(a, b, c, d, e, f, g),
                (graph, id) -> graph.task(id, task, CONTEXT, a, b, c, d, e, f, g),
                grid);
    }

    static <A, B, C, D, E, F, G, H> KernelCall of(
            String kernel,
            IntFunction<WorkerGrid> grid,
            Task9<KernelContext, A, B, C, D, E, F, G, H> task,
            A a,
            B b,
            C c,
            D d,
            E e,
            F f,
            G g,
            H h) {
        return new KernelCall(
                kernel,
                List.of(a, b, c, d, e, f, g, h),
                (graph, id) -> graph.task(id, task, CONTEXT, a, b, c, d, e, f, g, h),
                grid);
    }

    static <A, B, C, D, E, F, G, H, I> KernelCall of(
            String kernel,
            IntFunction<WorkerGrid> grid,
            Task10<KernelContext, A, B, C, D, E, F, G, H, I> task,
            A a,
            B b,
            C c,
            D d,
            E e,
            F f,
            G g,
            H h,
            I i) {
        return new KernelCall(
                kernel,
                List.of(a, b, c, d, e, f, g, h, i),
                (graph, id) -> graph.task(id, task, CONTEXT, a, b, c, d, e, f, g, h, i),
                grid);
    }

    static <A, B, C, D, E, F, G, H, I, J> KernelCall of(
            String kernel,
            IntFunction<WorkerGrid> grid,
            Task11<KernelContext, A, B, C, D, E, F, G, H, I, J> task,
            A a,
            B b,
            C c,
            D d,
            E e,
            F f,
            G g,
            H h,
            I i,
            J j) {
        return new KernelCall(
                kernel,
                List.of(a, b, c, d, e, f, g, h, i, j),
                (graph, id) -> graph.task(id, task, CONTEXT, a, b, c, d, e, f, g, h, i, j),
                grid);
    }

    static <A, B, C, D, E, F, G, H, I, J, K> KernelCall of(
            String kernel,
            IntFunction<WorkerGrid> grid,
            Task12<KernelContext, A, B, C, D, E, F, G, H, I, J, K> task,
            A a,
            B b,
            C c,
            D d,
            E e,
            F f,
            G g,
            H h,
            I i,
            J j,
            K k) {
        return new KernelCall(
                kernel,
                List.of(a, b, c, d, e, f, g, h, i, j, k),
                (graph, id) -> graph.task(id, task, CONTEXT, a, b, c, d, e, f, g, h, i, j, k),
                grid);
    }

    static <A, B, C, D, E, F, G, H, I, J, K, L> KernelCall of(
            String kernel,
            IntFunction<WorkerGrid> grid,
            Task13<KernelContext, A, B, C, D, E, F, G, H, I, J, K, L> task,
            A a,
            B b,
            C c,
            D d,
            E e,
            F f,
            G g,
            H h,
            I i,
            J j,
            K k,
            L l) {
        return new KernelCall(
                kernel,
                List.of(a, b, c, d, e, f, g, h, i, j, k, l),
                (graph, id) -> graph.task(id, task, CONTEXT, a, b, c, d, e, f, g, h, i, j, k, l),
                grid);
    }

    static <A, B, C, D, E, F, G, H, I, J, K, L, M> KernelCall of(
            String kernel,
            IntFunction<WorkerGrid> grid,
            Task14<KernelContext, A, B, C, D, E, F, G, H, I, J, K, L, M> task,
            A a,
            B b,
            C c,
            D d,
            E e,
            F f,
            G g,
            H h,
            I i,
            J j,
            K k,
            L l,
            M m) {
        return new KernelCall(
                kernel,
                List.of(a, b, c, d, e, f, g, h, i, j, k, l, m),
                (graph, id) -> graph.task(id, task, CONTEXT, a, b, c, d, e, f, g, h, i, j, k, l, m),
                grid);
    }

    static <A, B, C, D, E, F, G, H, I, J, K, L, M, N, O> KernelCall of(
            String kernel,
            IntFunction<WorkerGrid> grid,
            Task16<KernelContext, A, B, C, D, E, F, G, H, I, J, K, L, M, N, O> task,
            A a,
            B b,
            C c,
            D d,
            E e,
            F f,
            G g,
            H h,
            I i,
            J j,
            K k,
            L l,
            M m,
            N n,
            O o) {
        return new KernelCall(
                kernel,
                List.of(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o),
                (graph, id) -> graph.task(id, task, CONTEXT, a, b, c, d, e, f, g, h, i, j, k, l, m, n, o),
                grid);
    }

    static <A, B, C, D, E, F, G, H, I, J, K, L, M, N, O, P> KernelCall of(
            String kernel,
            IntFunction<WorkerGrid> grid,
            Task17<KernelContext, A, B, C, D, E, F, G, H, I, J, K, L, M, N, O, P> task,
            A a,
            B b,
            C c,
            D d,
            E e,
            F f,
            G g,
            H h,
            I i,
            J j,
            K k,
            L l,
            M m,
            N n,
            O o,
            P p) {
        return new KernelCall(
                kernel,
                List.of(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p),
                (graph, id) -> graph.task(id, task, CONTEXT, a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p),
                grid);
    }

    static <A, B, C, D, E, F, G, H, I, J, K, L, M, N, O, P, Q, R> KernelCall of(
            String kernel,
            IntFunction<WorkerGrid> grid,
            Task19<KernelContext, A, B, C, D, E, F, G, H, I, J, K, L, M, N, O, P, Q, R> task,
            A a,
            B b,
            C c,
            D d,
            E e,
            F f,
            G g,
            H h,
            I i,
            J j,
            K k,
            L l,
            M m,
            N n,
            O o,
            P p,
            Q q,
            R r) {
        return new KernelCall(
                kernel,
                List.of(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r),
                (graph, id) -> graph.task(id, task, CONTEXT, a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r),
                grid);
    }

    static <A, B, C, D, E, F, G, H, I, J, K, L, M, N, O, P, Q, R, S> KernelCall of(
            String kernel,
            IntFunction<WorkerGrid> grid,
            Task20<KernelContext, A, B, C, D, E, F, G, H, I, J, K, L, M, N, O, P, Q, R, S> task,
            A a,
            B b,
            C c,
            D d,
            E e,
            F f,
            G g,
            H h,
            I i,
            J j,
            K k,
            L l,
            M m,
            N n,
            O o,
            P p,
            Q q,
            R r,
            S s) {
        return new KernelCall(
                kernel,
                List.of(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s),
                (graph, id) -> graph.task(id, task, CONTEXT, a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s),
                grid);
    }
}
