package dev.herd.kernels.emulator;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * The items of one group at a time, run to their next barrier one after the other; when all wait at the same one, it
 * opens. Which item runs is static, as there is one launch at a time and items must be found from inside an array.
 */
final class WorkGroup {
    static final Phases LOCAL = new Phases();
    static final Phases GLOBAL = new Phases();

    private static @Nullable WorkGroup current;
    private static int currentItem;

    private final String kernel;
    private final int size;
    private final int[] waitsAt; // [size], the line of the barrier
    private final boolean[] waitsGlobally; // [size]
    private final boolean[] hasTouched; // [size], whether the item has touched an array since its last barrier
    private final int[] allocated; // [size], local arrays that the item has asked for
    private final List<LocalArray> locals = new ArrayList<>();
    private int inUse; // local arrays that the running group has asked for
    private final Warps warps;
    private String id = "";

    WorkGroup(String kernel, int size) {
        if (size > AccessLog.MAX_ITEMS) {
            throw new IllegalArgumentException(
                    kernel + " has groups of " + size + " items, more than any device allows");
        }
        this.kernel = kernel;
        this.size = size;
        this.waitsAt = new int[size];
        this.waitsGlobally = new boolean[size];
        this.hasTouched = new boolean[size];
        this.allocated = new int[size];
        this.warps = new Warps(size);
    }

    /** Runs all items of the group that {@code groupId} names. */
    void run(String groupId, IntFunction<Runnable> items) {
        id = groupId;
        LOCAL.beginLaunch(); // nothing of another group's is in this memory
        LOCAL.beginGroup();
        GLOBAL.beginGroup();
        Arrays.fill(allocated, 0);
        inUse = 0;
        warps.clear();
        Fiber[] fibers = new Fiber[size];
        for (int item = 0; item < size; item++) {
            fibers[item] = new Fiber(items.apply(item));
        }
        current = this;
        boolean hasBarriers = false;
        try {
            while (advance(fibers, hasBarriers)) {
                hasBarriers = true;
                if (waitsGlobally[0]) {
                    GLOBAL.passBarrier();
                } else {
                    LOCAL.passBarrier();
                }
            }
        } finally {
            current = null;
        }
    }

    /** Takes every item to its next barrier, or to its end; returns whether they wait. */
    private boolean advance(Fiber[] fibers, boolean hasBarriers) {
        Arrays.fill(waitsAt, 0);
        Arrays.fill(hasTouched, false);
        for (int first = 0; first < size; first += Warps.SIZE) {
            int end = Math.min(first + Warps.SIZE, size);
            do {
                for (int item = first; item < end; item++) {
                    currentItem = item;
                    resume(fibers[item]);
                }
            } while (warps.meets(first / Warps.SIZE));
            for (int item = first; item < end; item++) {
                currentItem = item;
                requireLikeFirst(fibers, item, hasBarriers);
            }
        }
        warps.meet();
        return !fibers[0].isDone();
    }

    private void resume(Fiber fiber) {
        try {
            fiber.resume();
        } catch (KernelFault fault) {
            throw fault;
        } catch (RuntimeException e) {
            throw new KernelFault(place() + " fails: " + e, e);
        }
    }

    /**
     * POCL's compiler takes the branches of one item for those of all where they lead from a barrier to the end of the kernel,
     * so kernels that have barriers end with one (docs/gpu-kernels.md).
     */
    private void requireLikeFirst(Fiber[] fibers, int item, boolean hasBarriers) {
        if (fibers[item].isDone() != fibers[0].isDone()) {
            int waiting = fibers[item].isDone() ? 0 : item;
            int gone = fibers[item].isDone() ? item : 0;
            currentItem = waiting;
            throw fault("waits at the barrier in line " + waitsAt[waiting] + ", but item " + gone + " has left");
        }
        if (hasBarriers && hasTouched[item] && fibers[item].isDone()) {
            throw fault("touches an array after its last barrier, but kernels that have barriers must end with one");
        }
        if (waitsAt[item] != waitsAt[0]) {
            throw fault("waits at the barrier in line " + waitsAt[item] + ", but item 0 at that in line " + waitsAt[0]);
        }
    }

    /** What the items of the running group's warps do together. */
    static Warps warps() {
        return running().warps;
    }

    /** The running item waits for the others. */
    static void await(int line, boolean isGlobal) {
        WorkGroup group = running();
        group.waitsAt[currentItem] = line;
        group.waitsGlobally[currentItem] = isGlobal;
        Fiber.pause();
    }

    /** The group's next local array of the running item, made by the first item that asks. */
    static LocalArray allocate(String name, int length, IntFunction<Object> make) {
        WorkGroup group = running();
        int number = group.allocated[currentItem]++;
        if (number == group.inUse) {
            group.inUse++;
            group.provide(name, number, length, make);
        }
        LocalArray array = group.locals.get(number);
        if (array.size() != length) {
            throw fault("allocates " + length + " elements for " + name + ", but another item " + array.size());
        }
        return array;
    }

    /** Another group may have gone another way, so its arrays are kept only where they are alike. */
    private void provide(String name, int number, int length, IntFunction<Object> make) {
        if (number < locals.size() && locals.get(number).isLike(name, length)) {
            return;
        }
        AccessLog log = new AccessLog(length, LOCAL, true);
        log.rename(name);
        LocalArray array = new LocalArray(name, make.apply(length), length, log);
        if (number < locals.size()) {
            locals.set(number, array);
        } else {
            locals.add(array);
        }
    }

    /** The log of an array in local memory; null for an array of the item's own. */
    @SuppressWarnings("ReferenceEquality") // arrays that a kernel made itself may hold the same numbers
    static @Nullable AccessLog log(Object values) {
        List<LocalArray> arrays = running().locals;
        for (int i = 0; i < arrays.size(); i++) {
            if (arrays.get(i).values() == values) {
                return arrays.get(i).log();
            }
        }
        return null;
    }

    /** The running item, which touches an array. */
    static int touching() {
        running().hasTouched[currentItem] = true;
        return currentItem;
    }

    static KernelFault fault(String what) {
        return new KernelFault(running().place() + " " + what);
    }

    static KernelFault faultOf(int item, String what) {
        currentItem = item;
        return fault(what);
    }

    private String place() {
        return kernel + ", group " + id + ", item " + currentItem;
    }

    private static WorkGroup running() {
        WorkGroup group = current;
        if (group == null) {
            throw new IllegalStateException("no kernel is running");
        }
        return group;
    }
}
