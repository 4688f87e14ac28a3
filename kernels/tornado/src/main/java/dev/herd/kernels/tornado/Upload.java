package dev.herd.kernels.tornado;

import java.util.Locale;
import java.util.function.Consumer;

/** How far weights have come on their way to the device, told a few times if there are many. */
final class Upload {
    private static final int REPORTS = 4;
    private static final long MANY = 1L << 30;

    private final String what;
    private final int count;
    private final Consumer<String> log;
    private final long start = System.nanoTime();
    private int done;
    private long bytes;

    /**
     * Begins now.
     *
     * @param what parts are called, in the plural
     * @param count of them
     */
    Upload(String what, int count, Consumer<String> log) {
        this.what = what;
        this.count = count;
        this.log = log;
    }

    /** One more part is there. */
    void add(long more) {
        bytes += more;
        done++;
        if (done * REPORTS / count > (done - 1) * REPORTS / count && bytes >= MANY) {
            double nanos = Math.max(1, System.nanoTime() - start);
            log.accept(String.format(
                    Locale.ROOT, "%d of %d %s on the device, %.1f GB/s", done, count, what, bytes / nanos));
        }
    }
}
