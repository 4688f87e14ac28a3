package dev.herd.kernels.emulator;

/**
 * The order of events in one kind of memory: accesses between two barriers of that kind have the same number, later ones
 * a higher one. Numbers never start again, so that what was noted in an earlier launch needs no clearing.
 */
final class Phases {
    /** The phase that the running item is in. */
    long now = 1;

    /** The first phase of the running group. */
    long groupStart = 1;

    /** The first phase of the launch. */
    long launchStart = 1;

    void beginLaunch() {
        now++;
        launchStart = now;
    }

    void beginGroup() {
        now++;
        groupStart = now;
    }

    void passBarrier() {
        now++;
    }
}
