package dev.herd.kernels.bench;

import java.util.Collection;
import java.util.Locale;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.CommandLineOptionException;
import org.openjdk.jmh.runner.options.CommandLineOptions;
import org.openjdk.jmh.runner.options.OptionsBuilder;

/**
 * Benchmarks beside the machine's ceilings, as a Markdown table: each kernel's GB/s as a share of the measured read
 * bandwidth and its GFLOP/s as a share of the measured FMA peak, at the same number of threads, measured right before.
 * Takes JMH's own arguments.
 */
public final class Roofline {
    private static final String THREADS = "threads";

    private Roofline() {}

    /**
     * Measures and prints.
     *
     * @throws RunnerException if a benchmark fails
     * @throws CommandLineOptionException if JMH does not understand the arguments
     */
    public static void main(String[] arguments) throws RunnerException, CommandLineOptionException {
        CommandLineOptions asked = new CommandLineOptions(arguments);
        OptionsBuilder ceilings = new OptionsBuilder();
        ceilings.include(MachineBenchmark.class.getName());
        if (asked.getParameter(THREADS).hasValue()) {
            ceilings.param(THREADS, asked.getParameter(THREADS).get().toArray(String[]::new));
        }
        TreeMap<String, Double> read = new TreeMap<>();
        TreeMap<String, Double> fma = new TreeMap<>();
        for (RunResult result : new Runner(ceilings.build()).run()) {
            String threads = result.getParams().getParam(THREADS);
            if (result.getParams().getBenchmark().endsWith(".read")) {
                read.put(threads, counter(result, "gigabytesPerSecond"));
            } else {
                fma.put(threads, counter(result, "gigaflopsPerSecond"));
            }
        }
        print(new Runner(asked).run(), read, fma);
    }

    private static void print(
            Collection<RunResult> results, TreeMap<String, Double> read, TreeMap<String, Double> fma) {
        System.out.println("\n| threads | read, GB/s | FMA, GFLOP/s |\n|---|---|---|");
        read.forEach((threads, bandwidth) ->
                System.out.printf(Locale.ROOT, "| %s | %.1f | %.1f |%n", threads, bandwidth, fma.get(threads)));
        System.out.println("\n| benchmark | GB/s | of read | GFLOP/s | of FMA |\n|---|---|---|---|---|");
        for (RunResult result : results) {
            String threads = result.getParams().getParam(THREADS) == null
                    ? "1"
                    : result.getParams().getParam(THREADS);
            double bytes = counter(result, "gigabytesPerSecond");
            double operations = counter(result, "gigaflopsPerSecond");
            System.out.printf(
                    Locale.ROOT,
                    "| %s | %.1f | %.2f | %.1f | %.2f |%n",
                    name(result),
                    bytes,
                    bytes / read.getOrDefault(threads, Double.NaN),
                    operations,
                    operations / fma.getOrDefault(threads, Double.NaN));
        }
    }

    private static String name(RunResult result) {
        String benchmark = result.getParams().getBenchmark();
        String parameters = result.getParams().getParamsKeys().stream()
                .map(key -> key + " " + result.getParams().getParam(key))
                .collect(Collectors.joining(", "));
        return benchmark.substring(benchmark.lastIndexOf('.') + 1) + (parameters.isEmpty() ? "" : ": " + parameters);
    }

    private static double counter(RunResult result, String name) {
        Result<?> counter = result.getSecondaryResults().get(name);
        return counter.getScore();
    }
}
