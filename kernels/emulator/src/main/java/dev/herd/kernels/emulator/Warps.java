package dev.herd.kernels.emulator;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What the items of a warp do together on matrix units: all 32 of them make the same calls in the same order with the same
 * arguments, but for addresses, of which each has its own. On a device what differs is in silence that of some item.
 *
 * <p>Items run one after the other, so the first of a warp notes its calls, the others are held to them, and at each
 * barrier all must have made as many. Where each has a number of its own, they wait for each other.
 */
final class Warps {
    /** Items of a warp. */
    static final int SIZE = 32;

    private final int items;
    private final List<List<Call>> calls = new ArrayList<>(); // [warps], since the last barrier
    private final int[] made; // [items]
    private final @Nullable Meeting[] meetings; // [warps]

    Warps(int items) {
        this.items = items;
        this.made = new int[items];
        this.meetings = new Meeting[(items + SIZE - 1) / SIZE];
        for (int first = 0; first < items; first += SIZE) {
            calls.add(new ArrayList<>());
        }
    }

    /**
     * The result of a call that {@code item} makes together with its warp, computed once.
     *
     * @param first the array that it is about
     * @param second another, or a number
     */
    Object together(int item, String kind, Object first, Object second, int[] numbers, Supplier<Object> result) {
        requireWholeWarps(kind);
        List<Call> warp = calls.get(item / SIZE);
        int number = made[item]++;
        if (number == warp.size()) {
            if (item % SIZE != 0) {
                throw WorkGroup.fault("calls " + kind + ", which other items of its warp do not");
            }
            warp.add(new Call(kind, first, second, numbers, result.get()));
        }
        Call call = warp.get(number);
        if (!call.isLike(kind, first, second, numbers)) {
            throw WorkGroup.fault("calls " + kind + Arrays.toString(numbers) + ", but item " + item / SIZE * SIZE
                    + " of its warp " + call.kind + Arrays.toString(call.numbers));
        }
        return call.result;
    }

    private void requireWholeWarps(String kind) {
        if (items % SIZE != 0) {
            throw WorkGroup.fault(
                    "calls " + kind + " in a group of " + items + " items, which are no whole warps of " + SIZE);
        }
    }

    /**
     * The numbers that the items of a warp each bring to a call, when all of them have.
     *
     * @param array that it is about, the same for all
     * @param line of the call, the same for all
     * @return {@code [SIZE]}
     */
    int[] gather(int item, String kind, Object array, int line, int number) {
        requireWholeWarps(kind);
        Meeting meeting = meetings[item / SIZE];
        if (meeting == null) {
            meeting = new Meeting(kind, array, line);
            meetings[item / SIZE] = meeting;
        }
        if (!meeting.isFor(kind, array, line)) {
            throw WorkGroup.fault("calls " + kind + " in line " + line + ", but item " + item / SIZE * SIZE
                    + " of its warp " + meeting.kind + " in line " + meeting.line + ", or of another array");
        }
        meeting.numbers[item % SIZE] = number;
        meeting.hasCome[item % SIZE] = true;
        Fiber.pause();
        return meeting.numbers;
    }

    /** Whether the items of a warp, which all have stopped, did so to {@link #gather}; then they can go on. */
    boolean meets(int warp) {
        Meeting meeting = meetings[warp];
        if (meeting == null) {
            return false;
        }
        for (int lane = 0; lane < SIZE; lane++) {
            if (!meeting.hasCome[lane]) {
                throw WorkGroup.faultOf(
                        warp * SIZE + lane, "does not call " + meeting.kind + ", which others of its warp do");
            }
        }
        meetings[warp] = null;
        return true;
    }

    /** All items have come to a barrier or to their end. */
    void meet() {
        for (int item = 0; item < items; item++) {
            if (made[item] != made[item / SIZE * SIZE]) {
                throw WorkGroup.fault("has seen item " + item + " make " + made[item]
                        + " calls with its warp since the last barrier, but item " + item / SIZE * SIZE + " "
                        + made[item / SIZE * SIZE]);
            }
        }
        clear();
    }

    /** A new group begins. */
    void clear() {
        Arrays.fill(made, 0);
        calls.forEach(List::clear);
        Arrays.fill(meetings, null);
    }

    /** Of the items of a warp at one call. */
    private static final class Meeting {
        private final String kind;
        private final Object array;
        private final int line;
        private final int[] numbers = new int[SIZE];
        private final boolean[] hasCome = new boolean[SIZE];

        Meeting(String kind, Object array, int line) {
            this.kind = kind;
            this.array = array;
            this.line = line;
        }

        @SuppressWarnings("ReferenceEquality") // the same memory is meant, not the same contents
        boolean isFor(String otherKind, Object otherArray, int otherLine) {
            return kind.equals(otherKind) && array == otherArray && line == otherLine;
        }
    }

    private record Call(String kind, Object first, Object second, int[] numbers, Object result) {
        @SuppressWarnings("ReferenceEquality") // the same memory is meant, not the same contents
        boolean isLike(String otherKind, Object otherFirst, Object otherSecond, int[] otherNumbers) {
            return kind.equals(otherKind)
                    && first == otherFirst
                    && second == otherSecond
                    && Arrays.equals(numbers, otherNumbers);
        }
    }
}
