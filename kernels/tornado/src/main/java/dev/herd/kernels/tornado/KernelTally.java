package dev.herd.kernels.tornado;

import java.util.Locale;

/**
 * How kernels came about.
 *
 * @param compiled those that a compiler had to run for: TornadoVM's, the driver's or both
 * @param cached those of which all was kept since an earlier start
 * @param nanos what it took
 */
record KernelTally(int compiled, int cached, long nanos) {
    /** What has come about since there were {@code earlier} ones. */
    KernelTally since(KernelTally earlier) {
        return new KernelTally(compiled - earlier.compiled, cached - earlier.cached, nanos - earlier.nanos);
    }

    /** For the log. */
    String text() {
        return compiled + " kernels compiled, " + cached + " from the cache, in "
                + String.format(Locale.ROOT, "%.1f", nanos / 1e9) + " s";
    }
}
