package dev.herd.kernels.device;

import dev.herd.kernels.Floats;
import java.util.Optional;

/**
 * The logits of a step, which may lie on a device. Valid until the next step. Rows are numbered as the step asked for them.
 * Several threads may read what was fetched; only the device's own may fetch.
 */
public interface Logits {
    /** What was wished for of a row; empty if nothing was, or if a logit of it is infinite or not a number. */
    Optional<Candidates> candidates(int row);

    /**
     * Has rows brought to the host; those of an earlier call may be lost.
     *
     * @throws DeviceLostException if the device no longer answers
     */
    void fetch(int... rows);

    /**
     * A row.
     *
     * @return {@code [vocabularySize]}
     * @throws IllegalStateException if it was not fetched
     */
    Floats row(int row);

    /** Logits that are with the host: {@code rows} is {@code [rows, vocabularySize]}. */
    static Logits of(Floats rows, int vocabularySize) {
        return new Logits() {
            @Override
            public Optional<Candidates> candidates(int row) {
                return Optional.empty();
            }

            @Override
            public void fetch(int... wanted) {}

            @Override
            public Floats row(int row) {
                return rows.slice((long) row * vocabularySize, vocabularySize);
            }
        };
    }
}
