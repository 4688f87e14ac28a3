package dev.herd.chat;

import java.util.List;

/**
 * Looks for stop strings in text that comes character by character (Knuth-Morris-Pratt for each of them). The string
 * that is complete first counts, of several that end together the longest: so the outcome does not depend on how the
 * text is divided, and a match never waits for a longer one.
 */
final class StopMatcher {
    private final List<String> stops;
    private final int[][] fallbacks;
    private final int[] matched;

    StopMatcher(List<String> stops) {
        this.stops = List.copyOf(stops);
        this.fallbacks = this.stops.stream().map(StopMatcher::fallbacks).toArray(int[][]::new);
        this.matched = new int[this.stops.size()];
    }

    /** Takes the next character; the length of the stop string that it completes, or 0. After a match it takes no more. */
    int accept(char next) {
        int longest = 0;
        for (int index = 0; index < matched.length; index++) {
            String stop = stops.get(index);
            matched[index] = advance(stop, fallbacks[index], matched[index], next);
            if (matched[index] == stop.length()) {
                longest = Math.max(longest, stop.length());
            }
        }
        return longest;
    }

    /** How many of the last characters may be the beginning of a stop string. */
    int pending() {
        int longest = 0;
        for (int length : matched) {
            longest = Math.max(longest, length);
        }
        return longest;
    }

    /** Length of the longest beginning of {@code stop} that the text ends with, given that length before {@code next}. */
    private static int advance(String stop, int[] fallbacks, int matched, char next) {
        int length = matched;
        while (length > 0 && stop.charAt(length) != next) {
            length = fallbacks[length - 1];
        }
        return stop.charAt(length) == next ? length + 1 : length;
    }

    /** For each beginning of {@code stop}, the length of its longest proper beginning that it also ends with. */
    private static int[] fallbacks(String stop) {
        int[] fallbacks = new int[stop.length()];
        for (int at = 1; at < stop.length(); at++) {
            fallbacks[at] = advance(stop, fallbacks, fallbacks[at - 1], stop.charAt(at));
        }
        return fallbacks;
    }
}
