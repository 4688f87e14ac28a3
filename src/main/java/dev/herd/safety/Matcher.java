package dev.herd.safety;

/** Looks for something in a text that comes code point by code point. For one text and one thread. */
interface Matcher {
    /**
     * Takes the next code point.
     *
     * @param start where in the original text it begins
     * @param end where what it stands for ends
     */
    void accept(int codePoint, int start, int end, Hits hits);

    /** Tells what matches if no more comes. */
    void finish(Hits hits);

    /** Where the earliest match may begin that is still to come; {@code otherwise} if none can begin before. */
    int open(int otherwise);
}
