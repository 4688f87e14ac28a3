package dev.herd.kernels.device;

/**
 * The most likely tokens of a row of logits, and how much all of the row weighs, found where the row is.
 *
 * @param ids the tokens, highest logit first and equal ones by id; fewer than were wished for if the row has no more
 * @param logits {@code [ids.length]} theirs
 * @param total the sum of {@code exp((logit - highest) / temperature)} over the whole row, at the temperature that was wished
 *     for; a sum of floats, {@link #TOLERANCE} says how far it may be off
 */
public record Candidates(int[] ids, float[] logits, float total) {
    /** The most that may be wished for. */
    public static final int MOST = 64;

    /**
     * How far {@link #total} may be from the true sum, as a share of it. The sum of 200,000 logits rounds each of them some 80
     * times on its way, by 2^-24: 5e-6. Two powers on that way are off by 5e-6 each, since their arguments, up to 37 where
     * they count, are. The rest is reserve.
     */
    public static final double TOLERANCE = 5e-5;

    /**
     * What is wished for of a row.
     *
     * @param count tokens, {@link #MOST} at most; 0 if the row itself will be asked for
     * @param temperature positive
     */
    public record Wish(int count, float temperature) {
        /** None. */
        public static final Wish NONE = new Wish(0, 1);

        /** The most likely token. */
        public static final Wish GREEDY = new Wish(1, 1);

        public Wish {
            if (count < 0 || count > MOST || !(temperature > 0)) {
                throw new IllegalArgumentException(count + " candidates at a temperature of " + temperature);
            }
        }
    }
}
