package dev.herd.kernels.tornado;

import dev.herd.kernels.Floats;
import dev.herd.kernels.device.Candidates;
import dev.herd.kernels.device.Candidates.Wish;
import dev.herd.kernels.device.DeviceLostException;
import dev.herd.kernels.device.Logits;
import dev.herd.kernels.tornado.DecoderPlan.End;
import dev.herd.kernels.tornado.DecoderPlan.Fetch;
import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The logits of the latest step. The device computes them a window of rows at a time, from the residual stream, which stays until
 * the next step; what is asked for of another window is computed again.
 */
final class StepLogits implements Logits {
    private static final int NONE = -1;

    private final DecoderPlan graphs;
    private final GraphPlan plan;
    private final int size;
    private final int windowRows;
    private int[] tokens = {};
    private List<Wish> wishes = List.of();
    private int window = NONE; // whose logits the device has
    private @Nullable Candidates[] candidates = {}; // [rows]
    private @Nullable Floats[] fetched = {}; // [rows]
    private Floats copies = Floats.copyOf();

    /** @param size of the vocabulary */
    StepLogits(DecoderPlan graphs, GraphPlan plan, int size) {
        this.graphs = graphs;
        this.plan = plan;
        this.size = size;
        this.windowRows = graphs.ends.getLast().rows();
    }

    /** Finds what is wished for of the rows of a step that has come through all layers. */
    void begin(int[] rowTokens, List<Wish> rowWishes) {
        tokens = rowTokens;
        wishes = rowWishes;
        window = NONE;
        candidates = new Candidates[tokens.length];
        fetched = new Floats[tokens.length];
        for (int from = 0; from < tokens.length; from += windowRows) {
            List<Wish> some = wishes.subList(from, Math.min(from + windowRows, tokens.length));
            if (some.stream().anyMatch(wish -> wish.count() > 0)) {
                compute(from / windowRows);
            }
        }
    }

    private void compute(int wanted) {
        int from = wanted * windowRows;
        int count = Math.min(tokens.length - from, windowRows);
        End end = graphs.end(count);
        graphs.step.writeLogitRows(tokens, wishes, from, count);
        plan.repeat(end, end.values(), () -> plan.run(end.graph(), 1));
        window = wanted;
        for (int row = 0; row < count; row++) {
            candidates[from + row] = read(end, row, wishes.get(from + row).count());
        }
    }

    private static @Nullable Candidates read(End end, int row, int count) {
        int at = row * (Candidates.MOST + Sampling.SUMS);
        float total = end.values().get(at + Candidates.MOST);
        float sum = end.values().get(at + Candidates.MOST + 1);
        if (count == 0 || !Float.isFinite(total) || !Float.isFinite(sum)) {
            return null;
        }
        int[] ids = new int[count];
        float[] logits = new float[count];
        int found = 0;
        while (found < count && end.ids().get(row * Candidates.MOST + found) != Sampling.NONE) {
            ids[found] = end.ids().get(row * Candidates.MOST + found);
            logits[found] = end.values().get(at + found);
            found++;
        }
        return new Candidates(Arrays.copyOf(ids, found), Arrays.copyOf(logits, found), total);
    }

    @Override
    public Optional<Candidates> candidates(int row) {
        return Optional.ofNullable(candidates[row]);
    }

    /** Rows of one window are not copied once more; those of several are. */
    @Override
    public void fetch(int... rows) {
        Arrays.fill(fetched, null);
        int[] sorted = Arrays.stream(rows).sorted().distinct().toArray();
        boolean isOne = sorted.length == 0 || sorted[0] / windowRows == sorted[sorted.length - 1] / windowRows;
        if (!isOne && copies.size() < (long) sorted.length * size) {
            copies = Floats.allocate(Arena.ofAuto(), (long) sorted.length * size);
        }
        int from = 0;
        while (from < sorted.length) {
            int of = sorted[from] / windowRows;
            int to = from;
            while (to < sorted.length && sorted[to] / windowRows == of) {
                to++;
            }
            Floats some = fetch(of, Arrays.copyOfRange(sorted, from, to));
            for (int i = from; i < to; i++) {
                Floats row = some.slice((long) (i - from) * size, size);
                if (!isOne) {
                    copies.copyFrom((long) i * size, row, 0, size);
                    row = copies.slice((long) i * size, size);
                }
                fetched[sorted[i]] = row;
            }
            from = to;
        }
    }

    private Floats fetch(int of, int[] rows) {
        try {
            if (window != of) {
                compute(of);
            }
            Fetch fetch = graphs.fetch(rows.length);
            graphs.step.writeRows(
                    Arrays.stream(rows).map(row -> row % windowRows).toArray(), 0, rows.length);
            plan.repeat(fetch, fetch.logits(), () -> plan.run(fetch.graph(), 1));
            return Floats.over(fetch.logits().getSegment());
        } catch (RuntimeException | Error failure) {
            throw new DeviceLostException("the device failed: " + failure.getMessage(), failure);
        }
    }

    @Override
    public Floats row(int row) {
        Floats found = fetched[row];
        if (found == null) {
            throw new IllegalStateException("row " + row + " of the logits was not fetched");
        }
        return found;
    }
}
