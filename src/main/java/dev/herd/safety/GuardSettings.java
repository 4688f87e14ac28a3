package dev.herd.safety;

/**
 * How a policy wants a content guard to be asked.
 *
 * @param templateVariant name of the prompt template, {@code auto} for the guard's own; guards without one
 *     ignore it
 * @param maxTurns how many of the last turns are shown, 1 to 32
 * @param includeSystem whether the system message is shown; the caller then has put it before the other turns
 */
public record GuardSettings(String templateVariant, CategoryMode categoryMode, int maxTurns, boolean includeSystem) {
    /** How scores of categories come about. */
    public enum CategoryMode {
        /** One question about all categories; each that is named has the score of the whole. */
        JOINT,
        /** One question per category. */
        PER_CATEGORY
    }
}
