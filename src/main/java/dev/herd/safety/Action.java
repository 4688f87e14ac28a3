package dev.herd.safety;

import java.util.Locale;

/** What a policy does about a finding, in order of severity. */
public enum Action {
    /** Nothing. */
    ALLOW,
    /** It is reported and counted. */
    ANNOTATE,
    /** What was found is replaced. */
    REDACT,
    /** The text goes no further. */
    BLOCK;

    /** The more severe of two. */
    public Action or(Action other) {
        return compareTo(other) >= 0 ? this : other;
    }

    /** As policies and assessments spell it. */
    public String wireName() {
        return name().toLowerCase(Locale.ROOT);
    }
}
