package dev.herd.kernels.emulator;

/**
 * Who touched which element of an array last, and the judgement whether the next access is allowed.
 *
 * <p>Not thread-safe; launches are one at a time.
 */
public final class AccessLog {
    /*
     * Two stamps per element: the last write, and the reads since. A stamp is a phase and, in the low bits, the item. For
     * reads that several items did, the item is MANY (in this group and phase) or MANY_GROUPS (in this launch): a later
     * write of anyone is then a race. Comparing the phase with the beginnings of group and launch tells whether a stamp is
     * of this phase, of this group, of another group of this launch, or of a launch that is over.
     */
    private static final int ITEM_BITS = 12;
    private static final int ITEM_MASK = (1 << ITEM_BITS) - 1;
    private static final int MANY = ITEM_MASK;
    private static final int MANY_GROUPS = ITEM_MASK - 1;

    /** Items that a group can have at most. */
    static final int MAX_ITEMS = MANY_GROUPS;

    private final long[] writes;
    private final long[] reads;
    private final Phases phases;
    private final boolean isLocal;
    private String name = "";

    /** A log for an array of this many elements in global memory. */
    public AccessLog(int size) {
        this(size, WorkGroup.GLOBAL, false);
    }

    AccessLog(int size, Phases phases, boolean isLocal) {
        this.writes = new long[size];
        this.reads = new long[size];
        this.phases = phases;
        this.isLocal = isLocal;
    }

    /** Names the array in faults. */
    void rename(String newName) {
        name = newName;
    }

    /** Notes that the running item reads an element. */
    public void read(int index) {
        if (index < 0 || index >= writes.length) {
            throw outside(index);
        }
        int item = WorkGroup.touching();
        long write = writes[index];
        if (isRace(write, item)) {
            throw race("reads", index, "has written", write);
        }
        if (isLocal && write >>> ITEM_BITS < phases.groupStart) {
            throw WorkGroup.fault("reads " + element(index) + ", which its group has not written");
        }
        reads[index] = merged(reads[index], item);
    }

    /** Notes that the running item writes an element. */
    public void write(int index) {
        if (index < 0 || index >= writes.length) {
            throw outside(index);
        }
        int item = WorkGroup.touching();
        if (isRace(writes[index], item)) {
            throw race("writes", index, "has written", writes[index]);
        }
        if (isRace(reads[index], item)) {
            throw race("writes", index, "has read", reads[index]);
        }
        writes[index] = phases.now << ITEM_BITS | item;
    }

    private boolean isRace(long stamp, int item) {
        long phase = stamp >>> ITEM_BITS;
        if (phase < phases.launchStart) {
            return false;
        }
        int other = (int) (stamp & ITEM_MASK);
        return other == MANY_GROUPS || phase < phases.groupStart || (phase == phases.now && other != item);
    }

    private long merged(long stamp, int item) {
        long phase = stamp >>> ITEM_BITS;
        int other = (int) (stamp & ITEM_MASK);
        int readers = item;
        if (phase >= phases.launchStart) {
            if (phase < phases.groupStart || other == MANY_GROUPS) {
                readers = MANY_GROUPS;
            } else if (phase == phases.now && other != item) {
                readers = MANY;
            }
        }
        return phases.now << ITEM_BITS | readers;
    }

    private KernelFault outside(int index) {
        String size = writes.length == 0 ? "is empty" : "ends at " + (writes.length - 1);
        return WorkGroup.fault("touches " + element(index) + ", but it " + size);
    }

    private KernelFault race(String does, int index, String has, long stamp) {
        int other = (int) (stamp & ITEM_MASK);
        String who = "item " + other + " of its group";
        if (other == MANY_GROUPS || stamp >>> ITEM_BITS < phases.groupStart) {
            who = "another group";
        } else if (other == MANY) {
            who = "another item of its group";
        }
        String barrier = isLocal ? "local" : "global";
        return WorkGroup.fault(does + " " + element(index) + ", which " + who + " " + has + " with no " + barrier
                + " barrier between");
    }

    private String element(int index) {
        return (isLocal ? "local " : "") + name + "[" + index + "]";
    }
}
