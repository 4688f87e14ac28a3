package dev.herd.safety;

/**
 * What a match means.
 *
 * @param scanner who found it, as assessments name it
 * @param code what was found
 * @param ruling what is done about it
 * @param check looks at what has been matched again, with means that patterns do not have
 * @param label what stands for it where it is replaced; empty if it is removed
 */
record ScanRule(String scanner, String code, Ruling ruling, Check check, String label) {
    /** Confirms a match. */
    @FunctionalInterface
    interface Check {
        /** Every match counts. */
        Check NONE = (text, start, end) -> start;

        /**
         * Where the part begins that is meant, up to the end of the match; {@link #REFUSED} if it is no match after all.
         */
        int confirm(CharSequence text, int start, int end);

        /** It is no match. */
        int REFUSED = -1;
    }

    /** Whether a match keeps text from being shown as it is. */
    boolean withholds() {
        return ruling.effective().compareTo(Action.REDACT) >= 0;
    }
}
