package dev.herd.api;

import com.sun.management.ThreadMXBean;
import dev.herd.safety.Caller;
import dev.herd.safety.EffectivePolicy;
import dev.herd.safety.Exchange.Segment;
import dev.herd.safety.Guards;
import dev.herd.safety.Policies;
import dev.herd.safety.Policy;
import dev.herd.safety.RulesGuard;
import dev.herd.safety.Safety;
import dev.herd.safety.Subject;
import dev.herd.safety.TextSource;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/**
 * What policies cost with rules only: the time that judging a prompt adds before the first token, and the time and memory
 * that judging each token of an answer takes. See docs/perf/safety.md.
 */
final class SafetyBenchmark {
    private static final int ROUNDS = 400;
    private static final int TOKENS = 512;
    private static final Map<String, String> TEXTS = new TreeMap<>(Map.of(
            "English",
            "The herd crossed the river at dawn, and by noon 42 llamas had reached the upper"
                    + " pastures near the old mill; write to nobody about it. ",
            "code",
            "    for (int i = 0; i < rows.length; i++) { total += rows[i].price * (1 + TAX_RATE); } // see docs/tax.md\n",
            "Chinese",
            "河边的羊驼在黎明时分过河，到中午已有四十二只到达老磨坊附近的高地牧场。请不要告诉任何人。",
            "Russian",
            "Стадо перешло реку на рассвете, и к полудню 42 ламы достигли верхних пастбищ у старой мельницы. "));

    private SafetyBenchmark() {}

    /** Prints a line per policy, kind of text and size of prompt. */
    public static void main(String[] args) throws Exception {
        PrintStream out = System.out;
        RulesGuard rules = new RulesGuard();
        try (Safety safety =
                new Safety(new Guards(List.of(rules), List.of(rules)), InstantSource.system(), System::nanoTime)) {
            Policy strict = Policy.parse("""
                    {"pii":{"input":"redact","output":"redact"},"links":{"output":"redact"},
                     "words":[{"id":"w","terms":["red fox","project falcon"],"input":"block","output":"block"},
                              {"id":"r","match":"regex","terms":["case-\\\\d{6}"],"input":"redact","output":"redact"}]}""");
            for (String kind : TEXTS.keySet()) {
                for (int chars : new int[] {200, 2000, 20_000}) {
                    input(out, safety, "default", Policies.standard(), kind, chars);
                    input(out, safety, "strict", strict, kind, chars);
                }
                output(out, safety, "default", Policies.standard(), kind);
                output(out, safety, "strict", strict, kind);
            }
        }
    }

    private static Subject subject(Policy policy) {
        return new Subject("sa_0", "req_0", Caller.LOCAL, new EffectivePolicy("p", "", policy), "m");
    }

    private static String text(String kind, int chars) {
        String unit = Objects.requireNonNull(TEXTS.get(kind));
        return unit.repeat(chars / unit.length() + 1).substring(0, chars);
    }

    private static void input(PrintStream out, Safety safety, String name, Policy policy, String kind, int chars) {
        List<Segment> segments = List.of(new Segment(TextSource.USER, text(kind, chars), List.of(), "m"));
        int rounds = Math.max(ROUNDS / 4, 1_000_000 / chars);
        long[] nanos = new long[rounds];
        for (int round = 0; round < rounds; round++) {
            long start = System.nanoTime();
            safety.input(subject(policy), segments);
            nanos[round] = System.nanoTime() - start;
        }
        long[] warm = Arrays.copyOfRange(nanos, rounds / 2, rounds);
        Arrays.sort(warm);
        out.printf(
                "%s prompt of %d characters, %s policy: p50 %.3f ms, p99 %.3f ms%n",
                kind, chars, name, warm[warm.length / 2] / 1e6, warm[warm.length * 99 / 100] / 1e6);
    }

    private static void output(PrintStream out, Safety safety, String name, Policy policy, String kind) {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        List<ChoiceText.Delta> deltas = new ArrayList<>();
        String text = text(kind, TOKENS * 4);
        for (int i = 0; i < TOKENS; i++) {
            deltas.add(new ChoiceText.Delta(text.substring(4 * i, 4 * i + 4), List.of(), List.of(), true));
        }
        double[] perToken = new double[ROUNDS];
        long bytes = 0;
        for (int round = 0; round < ROUNDS; round++) {
            var reviews = safety.output(subject(policy), List.of(), "", false);
            ChoiceGate gate = new ChoiceGate(reviews.open(() -> {}));
            long before = threads.getCurrentThreadAllocatedBytes();
            long start = System.nanoTime();
            for (ChoiceText.Delta delta : deltas) {
                gate.pass(delta);
            }
            perToken[round] = (System.nanoTime() - start) / (double) TOKENS;
            bytes = threads.getCurrentThreadAllocatedBytes() - before;
            gate.finish();
        }
        double[] warm = Arrays.copyOfRange(perToken, ROUNDS / 2, ROUNDS);
        Arrays.sort(warm);
        out.printf(
                "%s token of 4 characters, %s policy: p50 %.2f us, p99 %.2f us, %d bytes%n",
                kind, name, warm[warm.length / 2] / 1e3, warm[warm.length * 99 / 100] / 1e3, bytes / TOKENS);
    }
}
